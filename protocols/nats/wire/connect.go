package wire

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Options are what a CONNECT says (NATS client protocol, "CONNECT"). Fields
// that a client leaves out keep nats-server's defaults: verbose, pedantic and
// echo are on.
type Options struct {
	Verbose      bool   `json:"verbose"`
	Pedantic     bool   `json:"pedantic"`
	Echo         bool   `json:"echo"`
	Headers      bool   `json:"headers"`
	NoResponders bool   `json:"no_responders"`
	Protocol     int    `json:"protocol"`
	User         string `json:"user"`
	Password     string `json:"pass"`
	Token        string `json:"auth_token"`
	NKey         string `json:"nkey"` // a public key of a user, "U…"
	Signature    string `json:"sig"`  // of INFO's nonce, in base64, by that key
	Account      string `json:"account"`
	Name         string `json:"name"`
	Lang         string `json:"lang"`
	Version      string `json:"version"`
}

// DefaultOptions are those of a client that has not sent CONNECT.
func DefaultOptions() Options {
	return Options{Verbose: true, Pedantic: true, Echo: true}
}

// ParseOptions reads the JSON of a client's first CONNECT; see With.
func ParseOptions(b []byte) (Options, error) { return DefaultOptions().With(b) }

// With returns o with what the JSON of a CONNECT changes: what a further one leaves
// out stays, as in nats-server. Unknown fields are passed by, and so are known ones of
// another type than they should have. The error is ErrUnknown.
func (o Options) With(b []byte) (Options, error) {
	err := json.Unmarshal(b, &o)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return o, nil
	}
	if err != nil {
		return Options{}, fmt.Errorf("CONNECT options: %v: %w", err, ErrUnknown)
	}
	return o, nil
}
