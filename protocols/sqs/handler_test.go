package sqs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/queuecore"
	"github.com/sluicemq/sluice/queuecore/store/memstore"
)

// nowhere takes an answer and forgets it.
type nowhere struct{ header http.Header }

func (w nowhere) Header() http.Header         { return w.header }
func (w nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (w nowhere) WriteHeader(int)             {}

// BenchmarkHandler is SendMessage and SendMessageBatch without net/http: decoding, the
// core on a store in memory, encoding.
func BenchmarkHandler(b *testing.B) {
	const entry = `"MessageBody":"{\"order\":12345,\"customer\":\"ACME & Sons\"}","MessageAttributes":{"kind":{"DataType":"String","StringValue":"order"}}}`
	const url = `{"QueueUrl":"http://localhost:9324/000000000000/q",`
	entries := ""
	for i := range 10 {
		entries += fmt.Sprintf(`,{"Id":"%d",%s`, i, entry)
	}
	b.Run("single", func(b *testing.B) { benchHandle(b, "SendMessage", url+entry) })
	b.Run("batch", func(b *testing.B) { benchHandle(b, "SendMessageBatch", url+`"Entries":[`+entries[1:]+"]}") })
}

func benchHandle(b *testing.B, action, body string) {
	broker, err := queuecore.Open(context.Background(), memstore.New(), &queuecore.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer broker.Close()
	if _, err := broker.EnsureQueue(b.Context(), "q", queuecore.QueueConfig{}); err != nil {
		b.Fatal(err)
	}
	g := New(broker, Options{})
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("X-Amz-Target", "AmazonSQS."+action)
	r.ContentLength = int64(len(body))
	w := nowhere{http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		clear(w.header)
		g.serveHTTP(w, r)
	}
	if w.header.Get("X-Amzn-Query-Error") != "" {
		b.Fatal(w.header)
	}
}
