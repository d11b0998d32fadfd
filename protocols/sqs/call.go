package sqs

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/panics"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const (
	jsonType     = "application/x-amz-json-1.0"
	xmlType      = "text/xml"
	targetPrefix = "AmazonSQS."
)

// call is one request under way. It belongs to the goroutine of its connection.
type call struct {
	*Gateway
	w http.ResponseWriter
	r *http.Request

	began     time.Time
	id        string // of the request
	json      bool   // the form
	queryMode bool   // a JSON client that wants the query form's codes and statuses
	action    string
	peer      protocols.Peer      // at the other end of TLS
	who       protocols.Principal // nil: anyone, who may do anything
	user      *quota.User         // whose limits hold; nil: nobody's
	witness   *protocols.Witness  // of what the client does; nil: there is none yet

	// handed is what goes back to its queue when the answer cannot be written.
	handed []queuecore.Receipt
	given  *answer // that remembers them; nil: none does
	begun  bool    // to be answered
}

func (g *Gateway) serveHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{
		Gateway:   g,
		w:         w,
		r:         r,
		peer:      protocols.PeerOf(r.TLS),
		began:     time.Now(),
		id:        newRequestID(),
		json:      isJSON(r),
		queryMode: header(r, "X-Amzn-Query-Mode") == "true",
	}
	defer c.recover()
	result, err := c.do(r.Context())
	c.answer(result, err)
}

// recover answers a request whose handler panicked, and ends its connection. What it was to be given goes
// back to its queue.
func (c *call) recover() {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	guard := c.guard.With(c.Log.With("action", c.action, "request", c.id))
	guard.Caught(p)
	if guard.Run(c.apologize) == panics.Err {
		panic(http.ErrAbortHandler) // net/http closes the connection, and says nothing
	}
}

// apologize gives back what the call holds, and answers that it has failed, unless another answer
// has begun: then it is panics.Err, too.
func (c *call) apologize() error {
	c.giveBack()
	c.handed = nil
	if c.begun {
		return panics.Err
	}
	c.hangUp()
	c.answer(nil, internalFailure(c.id))
	return nil
}

// hangUp has the connection end behind the answer.
func (c *call) hangUp() { c.w.Header()["Connection"] = []string{"close"} }

// isJSON tells the two forms apart.
// AWS JSON 1.0 protocol: the X-Amz-Target header names the operation.
func isJSON(r *http.Request) bool {
	return header(r, "X-Amz-Target") != "" ||
		strings.HasPrefix(header(r, "Content-Type"), "application/x-amz-json")
}

// header is r.Header.Get of a name that is in its canonical form already.
func header(r *http.Request, name string) string {
	if v := r.Header[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// do finds out what the client wants and does it.
func (c *call) do(ctx context.Context) (wire.Result, error) {
	a, req, err := c.request(ctx)
	if err != nil {
		return nil, err
	}
	result, err := a.handle(c, ctx, req)
	c.witnessed(req, err)
	return result, err
}

// request reads the request, and finds out whose it is before it looks at what it
// asks for. Its body is free again when it returns.
func (c *call) request(ctx context.Context) (action, wire.Request, error) {
	b := c.newBody()
	defer b.free()
	c.seat().Use()
	if err := b.read(c.r); err != nil {
		return action{}, nil, err
	}
	if err := c.authenticate(ctx, *b.bytes); err != nil {
		return action{}, nil, err
	}
	if err := c.belong(len(*b.bytes)); err != nil {
		return action{}, nil, err
	}
	if err := c.checkEnvelope(); err != nil {
		return action{}, nil, err
	}
	if c.json {
		return c.jsonRequest(*b.bytes)
	}
	return c.queryRequest(*b.bytes)
}

// jsonRequest pays no heed to the path: some SDKs post to the queue URL.
func (c *call) jsonRequest(body []byte) (action, wire.Request, error) {
	name, ours := strings.CutPrefix(header(c.r, "X-Amz-Target"), targetPrefix)
	a, known := c.actions[name]
	if !ours || !known {
		return action{}, nil, unknownOperation(name)
	}
	c.action = name
	req := a.request()
	return a, req, wire.DecodeJSON(body, req)
}

// queryRequest takes the parameters from the address and the body. A request to
// the path of a queue may leave QueueUrl out.
func (c *call) queryRequest(body []byte) (action, wire.Request, error) {
	q, err := wire.ParseQuery(c.r.URL.RawQuery, string(body))
	if err != nil {
		return action{}, nil, err
	}
	name, path := q.Get("Action"), queueOfPath(c.r.URL.Path)
	if name == "" {
		return action{}, nil, wire.Errorf(wire.MissingAction, "The request must contain the parameter Action.")
	}
	a, known := c.actions[name]
	if !known || path != "" && !a.onQueue {
		return action{}, nil, unknownOperation(name)
	}
	c.action = name
	req := a.request()
	if err := q.Decode(req); err != nil {
		return action{}, nil, err
	}
	if t, ok := req.(wire.Targeted); ok && *t.Queue() == "" {
		*t.Queue() = path
	}
	return a, req, nil
}

// answer writes the one answer of the call.
func (c *call) answer(result wire.Result, err error) {
	out := c.newBody()
	defer out.free()
	status := http.StatusOK
	if err != nil {
		status = c.fail(out, err)
	} else if c.json {
		*out.bytes = wire.AppendJSON(*out.bytes, result)
	} else {
		*out.bytes = wire.AppendXML(*out.bytes, c.action, result, c.id)
	}
	if err := c.write(status, *out.bytes); err != nil {
		c.giveBack()
	}
}

// fail puts an error into the words of the client's form.
func (c *call) fail(out *body, err error) (status int) {
	e := c.inWords(err)
	if !c.json {
		*out.bytes = e.AppendXML(*out.bytes, c.id)
		return e.Code.Status(true)
	}
	// Clients in query mode need the header, and some that do not say so look
	// for it all the same.
	c.w.Header()["X-Amzn-Query-Error"] = []string{e.QueryError()}
	*out.bytes = e.AppendJSON(*out.bytes)
	return e.Code.Status(c.queryMode)
}

func (c *call) write(status int, b []byte) error {
	h := c.w.Header()
	values := []string{xmlType, strconv.Itoa(len(b)), c.id}
	if c.json {
		values[0] = jsonType
	}
	h["Content-Type"], h["Content-Length"], h["X-Amzn-Requestid"] = values[0:1:1], values[1:2:2], values[2:3:3]
	if c.ownClock {
		// Clients whose clock is off set it by this, so it is that of checkTime.
		h["Date"] = []string{c.Now().UTC().Format(http.TimeFormat)}
	}
	c.renewDeadline()
	c.begun = true
	c.w.WriteHeader(status)
	_, err := c.w.Write(b)
	if err == nil && len(c.handed) > 0 {
		err = http.NewResponseController(c.w).Flush() // or a failure would show only after the handler is gone
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.Tally.Add(settingWriteTimeout)
	}
	return err
}

// renewDeadline gives an answer its time to be written, where a good part of what
// the server has set went by before there was one.
func (c *call) renewDeadline() {
	if time.Since(c.began) > c.Limits.WriteTimeout/8 {
		// A connection that cannot take a deadline is a test's.
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(c.Limits.WriteTimeout))
	}
}

// giveBack releases the messages of an answer that could not be written, unless a
// receive with the same id has been given them since.
func (c *call) giveBack() {
	if len(c.handed) == 0 || c.given != nil && !c.answers.takeBack(c.given) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), c.Limits.WriteTimeout)
	defer cancel()
	if err := c.broker.Release(ctx, c.handed); err != nil {
		// They come back when their lease ends.
		c.Log.Warn("sqs: could not release messages that a client did not take", "request", c.id, "error", err)
	}
}

func newRequestID() string {
	var b queuecore.MessageID
	binary.NativeEndian.PutUint64(b[:8], rand.Uint64())
	binary.NativeEndian.PutUint64(b[8:], rand.Uint64())
	b[6] = b[6]&0x0f | 0x40 // RFC 9562, section 5.4: version 4
	b[8] = b[8]&0x3f | 0x80
	return b.String()
}
