package redisstore

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	lua "github.com/yuin/gopher-lua"
	luaparse "github.com/yuin/gopher-lua/parse"
)

// Every script is Lua and names no global variable but those of Redis, which finds that
// out only when a script gets there.
func TestScriptsAreLua(t *testing.T) {
	known := []string{"redis", "KEYS", "ARGV", "math", "string", "table", "ipairs", "tonumber", "tostring", "unpack", "cjson"}
	all := newScripts()
	fields := reflect.ValueOf(&all).Elem()
	require.Greater(t, fields.NumField(), 15)
	for i := range fields.NumField() {
		name, source := fields.Type().Field(i).Name, fields.Field(i).FieldByName("source").String()
		t.Run(name, func(t *testing.T) {
			chunk, err := luaparse.Parse(strings.NewReader(source), name)
			require.NoError(t, err)
			program, err := lua.Compile(chunk, name)
			require.NoError(t, err)
			require.Subset(t, known, globals(program))
		})
	}
	files, err := filepath.Glob("lua/*.lua")
	require.NoError(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(string(source), "-- "), "%s does not say at its top what it is", file)
	}
}

// globals returns the global variables that a function names, and those within it.
func globals(f *lua.FunctionProto) (names []string) {
	for _, instruction := range f.Code {
		switch int(instruction >> 26) {
		case lua.OP_GETGLOBAL:
			names = append(names, f.Constants[instruction&(1<<18-1)].String())
		case lua.OP_SETGLOBAL:
			names = append(names, "an assignment to "+f.Constants[instruction&(1<<18-1)].String())
		}
	}
	for _, inner := range f.FunctionPrototypes {
		names = append(names, globals(inner)...)
	}
	return names
}
