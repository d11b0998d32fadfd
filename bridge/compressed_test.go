package bridge

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// Nothing is decompressed for anybody: what is compressed is refused in so many words, and WebSockets agree on
// no compression.
func TestCompressedRequests(t *testing.T) {
	p := openPeopledWith(t, func(c *config.Config) {})
	const gzip = "\x1f\x8b\x08\x00\x00\x00\x00\x00"
	request := func(path, more string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Encoding: gzip\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", path, more, len(gzip), gzip)
	}
	if got := p.says(adminOf(p), request("/v1/moves", "Content-Type: application/json\r\n")); !strings.HasPrefix(got, "HTTP/1.1 415") || !strings.Contains(got, "content encoding") {
		t.Errorf("admin: %q", got)
	}
	open := openHouse(t, testConfig(t))
	if got := connectTo(t, open.Addrs().SQS, request("/", "X-Amz-Target: AmazonSQS.ListQueues\r\n")); !strings.Contains(got, "The content encoding gzip is not supported.") {
		t.Errorf("SQS: %q", got)
	}
	const upgrade = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
	const compressed = "\xc2\x81\x00\x00\x00\x00x" // FIN, RSV1, binary; one byte, masked with nothing
	for what, addr := range map[string]string{"STOMP": p.Addrs().STOMP, "NATS": p.Addrs().Web} {
		got := p.says(addr, upgrade+compressed)
		if !strings.HasPrefix(got, "HTTP/1.1 101") || strings.Contains(strings.ToLower(got), "deflate") || !strings.Contains(got, "\x03\xea") { // 1002
			t.Errorf("%s: %q", what, got)
		}
	}
}
