package compare_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// flatten names each value in JSON by its path. A list of plain values is one value.
func flatten(into map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 && path != "" {
			into[path] = "{}"
		}
		for name, x := range v {
			flatten(into, strings.TrimPrefix(path+"."+name, "."), x)
		}
	case []any:
		if !nested(v) {
			into[path] = normal(path, text(v))
			return
		}
		into[path+".length"] = strconv.Itoa(len(v))
		for i, x := range v {
			flatten(into, fmt.Sprintf("%s.%d", path, i), x)
		}
	default:
		into[path] = normal(path, text(v))
	}
}

func nested(list []any) bool {
	for _, x := range list {
		if _, ok := x.(map[string]any); ok {
			return true
		}
	}
	return false
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was JSON
	}
	return string(b)
}

// what differs from run to run, by the last element of a path
var (
	ofTheServer = regexp.MustCompile(`^(server_id|server_name|go|port|client_id|id|xkey|git_commit)$`)
	serverID    = regexp.MustCompile(`^N[A-Z2-7]{55}$`)
	sizes       = regexp.MustCompile(`^(bytes|storage)$`)
	counts      = regexp.MustCompile(`^api\.(total|errors)$`)
	durations   = regexp.MustCompile(`^pause_remaining$`)
)

// normal is a value without what differs from run to run: times, ids, what a
// server calls itself, sizes on its disk, counts of requests. Whether they are there and
// whether they are zero stays.
func normal(path, value string) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
		if t.IsZero() || t.Year() >= 2090 { // the latter are the test's own
			return value
		}
		return "(time)"
	}
	switch {
	case serverID.MatchString(value), ofTheServer.MatchString(last):
		return "(of the server)"
	case sizes.MatchString(last) && value != "0":
		return "(size)"
	case counts.MatchString(path):
		return "(count)"
	case durations.MatchString(last):
		return "(duration)"
	}
	return value
}
