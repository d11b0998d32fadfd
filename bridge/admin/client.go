package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// Client asks a Server. The zero Client has no server. Its errors are the
// server's sentences. Its methods may be called from any goroutine.
type Client struct {
	Addr string       // host:port of the admin listener
	TLS  bool         // it speaks HTTPS; HTTP knows whom it trusts
	HTTP *http.Client // nil: http.DefaultClient
	// User and Password are who asks, where the server knows users; "": nobody.
	User, Password string
}

// StartMove begins a move.
func (c *Client) StartMove(ctx context.Context, m MoveRequest) (v Move, err error) {
	return v, c.ask(ctx, http.MethodPost, "/v1/moves", nil, m, &v)
}

// Moves returns the moves from a queue, the latest first.
func (c *Client) Moves(ctx context.Context, queue string) ([]Move, error) {
	var out Moves
	err := c.ask(ctx, http.MethodGet, "/v1/moves", url.Values{"queue": {queue}}, nil, &out)
	return out.Moves, err
}

// CancelMove ends a move of that id from the queue.
func (c *Client) CancelMove(ctx context.Context, queue, id string) (v Move, err error) {
	return v, c.ask(ctx, http.MethodDelete, "/v1/moves/"+url.PathEscape(id), url.Values{"queue": {queue}}, nil, &v)
}

// Browse calls each with up to limit messages of a queue that the selector matches, in
// order, until each returns an error, which Browse returns.
func (c *Client) Browse(ctx context.Context, queue, selector string, limit int, each func(*Message) error) error {
	for from := uint64(0); limit > 0; {
		var page Messages
		err := c.ask(ctx, http.MethodGet, "/v1/messages", url.Values{
			"queue": {queue}, "selector": {selector},
			"from": {strconv.FormatUint(from, 10)}, "limit": {strconv.Itoa(min(limit, maxMessages))},
		}, nil, &page)
		if err != nil {
			return err
		}
		for i := range page.Messages {
			if err := each(&page.Messages[i]); err != nil {
				return err
			}
		}
		limit -= len(page.Messages)
		if from = page.Next; from == 0 {
			break
		}
	}
	return nil
}

// ask sends in, if it is not nil, to a path, which is escaped, and reads the answer into out.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, in, out any) error {
	if c.Addr == "" {
		return errors.New("the server has no admin listener: set admin_addr")
	}
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	scheme := "http://"
	if c.TLS {
		scheme = "https://"
	}
	r, err := http.NewRequestWithContext(ctx, method, scheme+c.Addr+path+"?"+query.Encode(), body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.User != "" {
		r.SetBasicAuth(c.User, c.Password)
	}
	return c.do(r, out)
}

func (c *Client) do(r *http.Request, out any) error {
	h := c.HTTP
	if h == nil {
		h = http.DefaultClient
	}
	res, err := h.Do(r)
	if err != nil {
		return c.unanswered(err)
	}
	defer res.Body.Close()
	d := json.NewDecoder(res.Body)
	if res.StatusCode == http.StatusOK {
		return d.Decode(out)
	}
	var f Failure
	if err := d.Decode(&f); err != nil || f.Error == "" {
		return fmt.Errorf("the server at %s answers %s%s", c.Addr, res.Status, c.hint(res.StatusCode))
	}
	return errors.New(f.Error)
}

// hint is about what net/http answers whoever speaks HTTP where it wants HTTPS.
func (c *Client) hint(status int) string {
	if status == http.StatusBadRequest && !c.TLS {
		return "; it may speak HTTPS alone (--tls, --ca)"
	}
	return ""
}

// unanswered says where the server was looked for, instead of the whole address of the request.
func (c *Client) unanswered(err error) error {
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("no answer from %s, which should be the admin_addr of a server: %w", c.Addr, err)
}
