package stomp_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// FuzzConnection sends any bytes after a login. Whatever they are, the connection
// goes on or ends; it does not panic, hang or keep anything. The first byte is the
// version and the dialect.
func FuzzConnection(f *testing.F) {
	for _, s := range []string{
		"SEND\ndestination:/queue/a\nreceipt:1\n\nx\x00ACK\nid:1\n\n\x00",
		"SUBSCRIBE\nid:0\ndestination:/queue/a\nack:client\nprefetch-count:2\n\n\x00SEND\ndestination:/queue/a\n\nx\x00ACK\nid:1\n\n\x00NACK\nid:1\n\n\x00",
		"SUBSCRIBE\nid:0\ndestination:/topic/a.>\n\n\x00SEND\ndestination:/topic/a.b\npriority:9\n\nx\x00UNSUBSCRIBE\nid:0\nreceipt:2\n\n\x00",
		"BEGIN\ntransaction:t\n\n\x00SEND\ndestination:/queue/a\ntransaction:t\n\nx\x00ACK\nid:1\ntransaction:t\n\n\x00COMMIT\ntransaction:t\nreceipt:3\n\n\x00",
		"SEND\ndestination:/queue/a\nreply-to:/temp-queue/r\n\n\x00SUBSCRIBE\nid:0\ndestination:/temp-queue/r\n\n\x00SEND\ndestination:/temp-queue/r\n\nx\x00",
		"BEGIN\ntransaction:t\n\n\x00ABORT\ntransaction:t\n\n\x00DISCONNECT\nreceipt:77\n\x00",
		"SUBSCRIBE\ndestination:/queue/a\nid:b\nbrowser:true\n\n\x00SEND\ndestination:/queue/a,/topic/b\nreply-to:/temp-topic/t\n\nx\x00UNSUBSCRIBE\nid:b\n\n\x00",
		"SUBSCRIBE\ndestination:a.#\nsubscription-type:MULTICAST\nid:1\nconsumer-window-size:9\nack:client\n\n\x00SEND\ndestination:a.b\ndestination-type:MULTICAST\n\nx\x00NACK\nid:1\nrequeue:false\n\n\x00",
		"SUBSCRIBE\ndestination:a\nid:\nack:client\n\n\x00SEND\ndestination:a\n\n1\x00SEND\ndestination:a\n\n2\x00ACK\nid:2\nsubscription:\nmessage-id:2\n\n\x00",
	} {
		for version := range 3 * len(dialects()) {
			f.Add(byte(version), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, version byte, in []byte) {
		synctest.Test(t, func(t *testing.T) {
			h := openHouse(t, withDialect(dialects()[int(version)/3%len(dialects())]))
			c := h.connect([]string{"1.0", "1.1", "1.2"}[version%3], "host:/")
			c.trySend(string(in))
			synctest.Wait()
			_ = c.nc.Close()
			time.Sleep(time.Minute)
			if n := h.log.count(); n != 0 {
				t.Errorf("errors in the log: %q", h.log.errors)
			}
			for _, q := range h.broker.Queues("") {
				if s := h.stats(q.Name); q.Config.Transient || s.Leased != 0 || s.Waiting != 0 {
					t.Errorf("left: %+v %+v", q, s)
				}
			}
		})
	})
}
