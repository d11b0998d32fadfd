package jetstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/sluicemq/sluice/protocols/nats/wire"
)

// The subjects that are the engine's.
const (
	apiPrefix = "$JS.API."
	ackPrefix = "$JS.ACK."
)

// operation is one entry of the API.
type operation struct {
	kind string // of the answer: io.nats.jetstream.api.v1.<kind>_response
	args int    // tokens behind the operation's name; more are allowed with rest
	rest bool
	run  func(*Engine, *request) (any, error)
}

// request is one call of the API.
type request struct {
	client *Client
	args   []string
	header []byte
	body   []byte
}

// operations is the API, by what stands between "$JS.API." and the arguments.
func operations() map[string]operation {
	return map[string]operation{
		"INFO":                    {kind: "account_info", run: (*Engine).accountInfo},
		"STREAM.CREATE":           {kind: "stream_create", args: 1, run: (*Engine).createStream},
		"STREAM.UPDATE":           {kind: "stream_update", args: 1, run: (*Engine).updateStream},
		"STREAM.INFO":             {kind: "stream_info", args: 1, run: (*Engine).streamInfo},
		"STREAM.NAMES":            {kind: "stream_names", run: (*Engine).streamNames},
		"STREAM.LIST":             {kind: "stream_list", run: (*Engine).streamList},
		"STREAM.DELETE":           {kind: "stream_delete", args: 1, run: (*Engine).deleteStream},
		"STREAM.PURGE":            {kind: "stream_purge", args: 1, run: (*Engine).purgeStream},
		"STREAM.MSG.GET":          {kind: "stream_msg_get", args: 1, run: (*Engine).getMessage},
		"STREAM.MSG.DELETE":       {kind: "stream_msg_delete", args: 1, run: (*Engine).deleteMessage},
		"CONSUMER.CREATE":         {kind: "consumer_create", args: 1, rest: true, run: (*Engine).createConsumer},
		"CONSUMER.DURABLE.CREATE": {kind: "consumer_create", args: 1, rest: true, run: (*Engine).createDurable},
		"CONSUMER.INFO":           {kind: "consumer_info", args: 2, run: (*Engine).consumerInfo},
		"CONSUMER.NAMES":          {kind: "consumer_names", args: 1, run: (*Engine).listConsumerNames},
		"CONSUMER.LIST":           {kind: "consumer_list", args: 1, run: (*Engine).listConsumers},
		"CONSUMER.DELETE":         {kind: "consumer_delete", args: 2, run: (*Engine).deleteConsumer},
		"CONSUMER.PAUSE":          {kind: "consumer_pause", args: 2, run: (*Engine).pauseConsumer},
		"CONSUMER.UNPIN":          {kind: "consumer_unpin", args: 2, run: refused(errPriorityGroup)},
		"CONSUMER.RESET": {kind: "consumer_reset", args: 2, run: refused(errReset.with(
			"invalid reset: a work queue keeps no position; messages that were acknowledged are gone"))},
		"STREAM.SNAPSHOT": {kind: "stream_snapshot", args: 1, run: refused(errNotSupported.with(
			"stream snapshots are not supported: back up the server's store"))},
		"STREAM.RESTORE": {kind: "stream_restore", args: 1, run: refused(errNotSupported.with(
			"stream restore is not supported: restore the server's store"))},
		"STREAM.PEER.REMOVE":       {kind: "stream_remove_peer", args: 1, run: refused(errClusterRequired)},
		"STREAM.LEADER.STEPDOWN":   {kind: "stream_leader_stepdown", args: 1, run: refused(errClusterRequired)},
		"CONSUMER.LEADER.STEPDOWN": {kind: "consumer_leader_stepdown", args: 2, run: refused(errClusterRequired)},
		"META.LEADER.STEPDOWN":     {kind: "meta_leader_stepdown", run: refused(errClusterRequired)},
	}
}

func refused(err *Error) func(*Engine, *request) (any, error) {
	return func(*Engine, *request) (any, error) { return nil, err }
}

// Request takes a message on a subject that begins with "$JS.". Everything else
// is Passed. Acks may be held back until Flush.
func (c *Client) Request(m *Message) Outcome {
	if strings.HasPrefix(m.Subject, ackPrefix) {
		return c.ack(m)
	}
	c.Flush()
	switch {
	case strings.HasPrefix(m.Subject, flowPrefix):
		return c.flow(m)
	case !strings.HasPrefix(m.Subject, apiPrefix):
		return Passed
	}
	path := m.Subject[len(apiPrefix):]
	if rest, ok := strings.CutPrefix(path, "CONSUMER.MSG.NEXT."); ok {
		return c.next(rest, m)
	}
	if strings.HasPrefix(path, "DIRECT.GET.") {
		return Passed // nobody answers, as for a stream without allow_direct
	}
	c.engine.calls.total.Add(1)
	kind, answer, err := c.call(path, m)
	if err != nil {
		c.engine.calls.errors.Add(1)
	}
	c.witness(path, answer, err)
	switch {
	case len(m.Reply) == 0 && err != nil: // done unheard all the same, as in nats-server
		c.engine.log.Debug("request without a reply subject is refused", "subject", m.Subject, "err", err)
	case len(m.Reply) == 0:
	case err != nil:
		c.engine.answer(m.Reply, failure(kind, apiError(err, errBadRequest)))
	default:
		c.engine.reply(m.Reply, kind, answer)
	}
	return Taken
}

// call runs one operation and returns the kind of its answer and what that says.
func (c *Client) call(path string, m *Message) (kind string, answer any, err error) {
	name, op, args := c.engine.find(path)
	if op.run == nil {
		return "error", nil, errNotSupported.with(
			"%s%s is not supported: streams are work queues, with explicit acks", apiPrefix, path)
	}
	if len(args) < op.args || len(args) > op.args && !op.rest {
		return op.kind, nil, errBadRequest.with("%s takes %d names, the subject has %d", name, op.args, len(args))
	}
	if tooNew(m.Header) {
		return op.kind, nil, errAPILevel
	}
	answer, err = op.run(c.engine, &request{client: c, args: args, header: m.Header, body: m.Body})
	return op.kind, answer, err
}

// find splits a path into the operation and the tokens behind it.
func (e *Engine) find(path string) (string, operation, []string) {
	tokens := strings.Split(path, ".")
	for n := min(3, len(tokens)); n > 0; n-- {
		name := strings.Join(tokens[:n], ".")
		if op, ok := e.table[name]; ok {
			return name, op, tokens[n:]
		}
	}
	return "", operation{}, nil
}

// tooNew reports whether a request needs a newer API (ADR-44,
// "Nats-Required-Api-Level").
func tooNew(header []byte) bool {
	if len(header) == 0 {
		return false
	}
	newer := false
	_ = wire.EachHeader(string(header), func(name, value string) bool {
		if name == "Nats-Required-Api-Level" {
			n, err := strconv.Atoi(value)
			newer = err != nil || n > level
		}
		return !newer
	})
	return newer
}

func responseType(kind string) string { return "io.nats.jetstream.api.v1." + kind + "_response" }

// success is the JSON object answer with its type in front.
func success(kind string, answer any) []byte {
	body, err := json.Marshal(answer)
	if err != nil {
		panic(err) // our own structs: it cannot fail
	}
	head := append([]byte(`{"type":"`), responseType(kind)...)
	if head = append(head, '"'); len(body) > len("{}") {
		head = append(head, ',')
	}
	return append(head, body[1:]...)
}

// reply sends an answer; one that holds a message only to those who may see that.
func (e *Engine) reply(to []byte, kind string, answer any) {
	body := success(kind, answer)
	if x, ok := answer.(interface{ mayHear(*Client) bool }); ok {
		e.transport.Push(to, &wire.Message{Subject: to, Payload: body}, x.mayHear)
		return
	}
	e.answer(to, body)
}

func failure(kind string, err *Error) []byte {
	return success(kind, struct {
		Error *Error `json:"error"`
	}{err.with("%s", brief(err.Description))})
}

// decode reads a request's JSON strictly: an unknown field is an error, as it is
// in nats-server since 2.12. An empty body leaves v as it is when optional.
func (r *request) decode(v any, optional bool) error {
	body := bytes.TrimSpace(r.body)
	switch {
	case len(body) == 0 && optional:
		return nil
	case len(body) == 0:
		return errBadRequest
	}
	if err := checkRequest(body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("more than one value")
		} else if errors.Is(err, io.EOF) {
			return nil
		}
	}
	return errJSON.with("invalid JSON: %s", brief(err.Error()))
}

// brief cuts the text of an error, which may repeat all of a request.
func brief(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// checkRequest refuses what would take far more memory than its bytes once it is read.
func checkRequest(body []byte) error {
	if len(body) > maxRequest {
		return errBadRequest.with("bad request: %d bytes, the limit is %d", len(body), maxRequest)
	}
	if n := values(body); n > maxValues {
		return errBadRequest.with("bad request: %d values, the limit is %d", n, maxValues)
	}
	return nil
}

// values counts what stands before a name or a value in JSON, outside of texts.
func values(body []byte) (n int) {
	quoted := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case !quoted && (c == ',' || c == ':' || c == '[' || c == '{'):
			n++
		}
	}
	return n
}

// done is the answer of operations that have nothing to tell.
type done struct {
	Success bool `json:"success"`
}

// page cuts one page out of a list (nats-server, ApiPaged).
type page struct {
	Total  int `json:"total"`
	Offset int `json:"offset"`
	Limit  int `json:"limit"`
}

func cut[T any](all []T, offset, limit int) (page, []T) {
	from := min(max(offset, 0), len(all))
	to := min(from+limit, len(all))
	return page{Total: len(all), Offset: from, Limit: limit}, all[from:to]
}
