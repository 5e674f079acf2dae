package conformance

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLinearizable(t *testing.T) {
	for _, test := range []struct {
		name   string
		want   bool
		events []event
	}{
		{"nothing happened", true, nil},
		{"a life is seen", true, []event{{opSet, 0, 0, 1, 2}, {opIsOnline, 0, 1, 3, 4}, {opClear, 0, 0, 5, 6}, {opRefresh, 0, 0, 7, 8}}},
		{"a life is not seen", false, []event{{opSet, 0, 0, 1, 2}, {opIsOnline, 0, 0, 3, 4}}},
		{"a life is seen or not while it begins", true, []event{{opSet, 0, 0, 1, 6}, {opIsOnline, 0, 0, 2, 3}, {opIsOnline, 0, 1, 4, 5}}},
		{"a life is seen and then not while it begins", false, []event{{opSet, 0, 0, 1, 6}, {opIsOnline, 0, 1, 2, 3}, {opIsOnline, 0, 0, 4, 5}}},
		{"a refresh undoes a Clear", false, []event{{opSet, 0, 0, 1, 2}, {opRefresh, 0, 1, 3, 6}, {opClear, 0, 0, 4, 5}, {opIsOnline, 0, 1, 7, 8}}},
		{"a refresh comes before a Clear", true, []event{{opSet, 0, 0, 1, 2}, {opRefresh, 0, 1, 3, 6}, {opClear, 0, 0, 4, 5}, {opIsOnline, 0, 0, 7, 8}}},
		{"a Clear is half done", false, []event{{opSet, 0, 0, 1, 2}, {opCache, 5, 0, 3, 4}, {opClear, 0, 0, 5, 10}, {opIsOnline, 0, 0, 6, 7}, {opGet, 0, 5, 8, 9}}},
		{"an expired life is over and its URL stays", true, []event{{opSet, 0, 0, 1, 2}, {opCache, 5, 0, 3, 4}, {opExpire, 0, 0, 5, 6}, {opIsOnline, 0, 0, 7, 8}, {opGet, 0, 5, 9, 10}}},
		{"a refresh undoes an Expire", false, []event{{opSet, 0, 0, 1, 2}, {opExpire, 0, 0, 3, 4}, {opRefresh, 0, 1, 5, 6}}},
		{"the last URL wins", true, []event{{opCache, 5, 0, 1, 4}, {opCache, 6, 0, 2, 3}, {opGet, 0, 5, 5, 6}}},
		{"a URL is lost", false, []event{{opCache, 5, 0, 1, 2}, {opCache, 6, 0, 3, 4}, {opGet, 0, 5, 5, 6}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, linearizable(test.events))
		})
	}
}
