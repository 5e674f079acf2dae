package conformance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/molecule-ai/liveness/store"
	"github.com/molecule-ai/liveness/store/driver"
)

// names returns n different ids.
func names(prefix string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	return ids
}

// longNames returns n different ids as long as ids can be.
func longNames(prefix string, n int) []string {
	ids := names(prefix, n)
	for i, id := range ids {
		ids[i] = strings.Repeat("0", store.MaxIDLen-len(id)) + id
	}
	return ids
}

// strangeIDs are legal, and a careless backend takes one for another of its group, most
// often for the next one. Every store has room for a group.
func strangeIDs() [][]string {
	return [][]string{
		{
			"a", "A", "aa", "a.", "a/b", "a//b", "/a", "../a", "..", "a\\b", "a_url", "url", "internal_url", "online",
			"*", "a*", "?", "[a]", "[^a]", "{a}", "{", "}", "{}", "%00", "%s", "'a'", "\"a\"", "`a`", "$1", "-1", "0", "00",
			"é", "e\u0301", "\u200b", "\ufffd", "𝄞",
			strings.Repeat("z", store.MaxIDLen), strings.Repeat("z", store.MaxIDLen-1),
			strings.Repeat("€", store.MaxIDLen/3),
		},
		{
			"plumless", "buckeroo", // have the same CRC-32
			"costarring", "liquid", // FNV-1a
			"creamwove", "quists", // FNV-1
			"Aa", "BB", // sum of bytes times powers of 31
			"Bb", "CA", // or of 33
			"a", "%61", "a\u200b", "a\u00ad", "\uff41", "a_", "a%", "a%2Fb", "a/b", "a_b",
			"a|b", "a,b", "b", "a;b", "a=b", "a&b", "a#b", "a+b",
			"ss", "ß", "fi", "\ufb01", "k", "\u212a",
			"1", "01", "1.0", "1e0", "true", "null",
		},
	}
}

// alternate returns every other id, from the first or the second on.
func alternate(ids []string, first int) (some []string) {
	for i := first; i < len(ids); i += 2 {
		some = append(some, ids[i])
	}
	return some
}

func illegalIDs() []string {
	return []string{
		"",                                    // empty
		strings.Repeat("z", store.MaxIDLen+1), // 257 bytes
		strings.Repeat("z", 1<<12),            // thousands of bytes
		"a\xff",                               // not UTF-8
		"\xe2\x82",                            // half a rune
		"a:url",                               // a colon
		":",                                   // only a colon
		"a b",                                 // a space
		" a",                                  // a leading space
		"a\tb",                                // a tab
		"a\n",                                 // a new line
		"a\u00a0b",                            // a no-break space
		"a\u2028b",                            // a line separator
		"a\x00",                               // a zero byte
		"\x1b[0m",                             // an escape
		"a\x7f",                               // a delete
		"a\u0085",                             // a next-line
		"a\u009b",                             // a C1 control
		"a:internal_url",                      // the key of a URL
		"a\u3000b",                            // an ideographic gap
	}
}

func idsOf(deaths []driver.Death) []string {
	ids := make([]string, len(deaths))
	for i, d := range deaths {
		ids[i] = d.ID
	}
	return ids
}

// listOf returns the ids for a reader, of many the first ones.
func listOf(ids []string) string {
	const few = 10
	if len(ids) > few {
		return fmt.Sprintf("%q and %d others", ids[:few], len(ids)-few)
	}
	return fmt.Sprintf("%q", ids)
}

func sortedKeys[V any](m map[string]V) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}
