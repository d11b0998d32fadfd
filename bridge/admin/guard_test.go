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
		if code, why := stranger(r, false); code != want {
			t.Errorf("%s: %d %s", address, code, why)
		}
	}
}

// What a proxy passes on comes from this machine by its address; it is known by the marks that it
// leaves, if it leaves any.
func TestProxiesAreStrangers(t *testing.T) {
	for _, mark := range []func(*http.Request){
		func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 }, // nginx, unless it is told otherwise
		func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") },
		func(r *http.Request) { r.Header.Set("X-Real-Ip", "192.0.2.7") },
		func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") },
		func(r *http.Request) { r.Header.Set("X-Forwarded-Host", "admin.example") },
		func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") },
		func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") },
	} {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:9325/v1/moves", nil)
		r.RemoteAddr = "127.0.0.1:4000"
		mark(r)
		if code, _ := stranger(r, true); code != http.StatusForbidden {
			t.Errorf("%s %v: %d", r.Proto, r.Header, code)
		}
	}
}
