package wire_test

import (
	"testing"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

func TestServerLines(t *testing.T) {
	block := wire.EndHeader(wire.BeginStatus(nil, "404", "No Messages"))
	plain := wire.Message{Subject: []byte("a.b"), Payload: []byte("hi")}
	full := wire.Message{Subject: []byte("a"), Reply: []byte("r"), Header: block, Payload: []byte("hi")}
	sid := []byte("7")
	tests := []struct{ got, want []byte }{
		{wire.AppendMsg(nil, &plain, sid, true), []byte("MSG a.b 7 2\r\nhi\r\n")},
		{wire.AppendMsg(nil, &full, sid, true), []byte("HMSG a 7 r 28 30\r\nNATS/1.0 404 No Messages\r\n\r\nhi\r\n")},
		{wire.AppendMsg(nil, &full, sid, false), []byte("MSG a 7 r 2\r\nhi\r\n")},
		{wire.BeginStatus(nil, "503", ""), []byte("NATS/1.0 503\r\n")},
		{wire.AppendErr(nil, "it's\r\nbad"), []byte("-ERR 'it\"s  bad'\r\n")},
		{wire.AppendInfo(nil, []byte("{}")), []byte("INFO {}\r\n")},
	}
	for _, tt := range tests {
		if string(tt.got) != string(tt.want) {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestParseOptions(t *testing.T) {
	tests := []struct {
		in   string
		want wire.Options
	}{
		{`{}`, wire.DefaultOptions()},
		{`{"verbose":false,"pedantic":false,"echo":false}`, wire.Options{}},
		{`{"verbose":false,"pedantic":false,"echo":false,"user":"u","pass":"p","auth_token":"t","headers":true,"no_responders":true,"protocol":1,"unknown":[1]}`,
			wire.Options{User: "u", Password: "p", Token: "t", Headers: true, NoResponders: true, Protocol: 1}},
		{`{"verbose":false,"pedantic":false,"echo":false,"version":7,"name":"n"}`, wire.Options{Name: "n"}},
	}
	for _, tt := range tests {
		if got, err := wire.ParseOptions([]byte(tt.in)); err != nil || got != tt.want {
			t.Errorf("%s: %+v, %v", tt.in, got, err)
		}
	}
	for _, bad := range []string{``, `{`, `[]`, `"x"`, `{"a":}`} {
		if _, err := wire.ParseOptions([]byte(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}

// What a further CONNECT leaves out stays.
func TestOptionsWith(t *testing.T) {
	first, err := wire.ParseOptions([]byte(`{"verbose":false,"user":"u","pass":"p","headers":true,"name":"n"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := first.With([]byte(`{"user":"v","echo":false,"nkey":"U","sig":"s","account":"A"}`))
	want := wire.Options{Pedantic: true, Headers: true, User: "v", Password: "p", Name: "n", NKey: "U", Signature: "s", Account: "A"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func BenchmarkAppendMsg(b *testing.B) {
	m := wire.Message{Subject: []byte("orders.new"), Reply: []byte("$JS.ACK.ORDERS.work.1.1.1.1700000000000000000.0"), Payload: make([]byte, 128)}
	sid := []byte("42")
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = wire.AppendMsg(dst[:0], &m, sid, true)
	}
}
