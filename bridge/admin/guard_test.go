package admin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Other machines are kept out, wherever the listener is.
func TestOtherMachinesAreStrangers(t *testing.T) {
	for address, want := range map[string]int{
		"127.0.0.1:4000": 0, "[::1]:4000": 0, "127.9.9.9:1": 0, "[::ffff:127.0.0.1]:5": 0,
		"192.0.2.7:4000": 403, "[2001:db8::1]:4000": 403, "0.0.0.0:1": 403, "@": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/v1/moves", nil)
		r.RemoteAddr = address
		if code, why := stranger(r); code != want {
			t.Errorf("%s: %d %s", address, code, why)
		}
	}
}
