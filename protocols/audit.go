package protocols

import (
	"errors"
	"net"
)

// Audit keeps a record of who did what. Its methods may be called from any goroutine, and wait
// for the disk: none is called for each message that is sent or received.
type Audit interface {
	// Login records that a client was let in, or by a.Err why it was not. When it returns an
	// error, nothing could be recorded, and who would have been let in must not be.
	Login(a Act) error
	// Record records any other act, once it is known what has come of it.
	Record(a Act)
}

// ErrUnrecorded is in the error of a Login that could not be recorded. It is no fault of the
// client's, who may try again.
var ErrUnrecorded = errors.New("logins cannot be recorded at the moment")

// Act is something that a client did, or wanted to do. No field of it may be a secret. Texts
// may be as the client sent them: an Audit bounds them and sees to it that they stay texts.
type Act struct {
	Client Audited
	// Action is what it is in every dialect.
	Action AuditedAction
	// Operation is what it is called in the client's: a command, a subject, a verb.
	Operation string
	// Target is what it was done to: the name of a queue, say.
	Target string
	// Count is how many messages it was done to, if that is known; 0: it is not, or to none.
	Count int
	// Err is why it was not done. What has ErrDenied in it was denied, all else failed; nil: it
	// was done.
	Err error
}

// AuditedAction is what an Act is in every dialect.
type AuditedAction string

// The actions of acts.
const (
	AuditLogin   AuditedAction = "login"
	AuditCreate  AuditedAction = "create"  // a queue, a stream, a consumer, a durable subscription
	AuditDelete  AuditedAction = "delete"  // one of these
	AuditChange  AuditedAction = "change"  // the settings of one of these
	AuditPolicy  AuditedAction = "policy"  // who may do what to a queue
	AuditPurge   AuditedAction = "purge"   // messages go
	AuditBind    AuditedAction = "bind"    // a queue gets the messages of a topic
	AuditBrowse  AuditedAction = "browse"  // messages are looked at
	AuditMove    AuditedAction = "move"    // messages go to another queue, dead letters back
	AuditCancel  AuditedAction = "cancel"  // that ends
	AuditList    AuditedAction = "list"    // what moves there are
	AuditSend    AuditedAction = "send"    // only if it is denied
	AuditReceive AuditedAction = "receive" // only if it is denied
	AuditOther   AuditedAction = "other"   // only if it is denied: looking something up, say

	AuditUsers       AuditedAction = "users"       // the server takes a file of users
	AuditCertificate AuditedAction = "certificate" // and another certificate
	AuditStart       AuditedAction = "start"       // the server
	AuditStop        AuditedAction = "stop"
)

// Audited is who does something, and from where.
type Audited struct {
	User string // as the server knows him; before that, what he calls himself
	// Credential is what kind of it he has shown, and Key names it, where it has a name that is
	// no secret: the id of an access key, or a public key.
	Credential, Key string
	Remote          net.Addr // nil: the server itself
	Listener        string   // the address that he has connected to
	Dialect         string
	Connection      string // what the connection is called in the dialect, or the request
}

// AuditedLogin returns who shows c, as far as he says himself.
func (c *Credentials) AuditedLogin() Audited {
	a := Audited{User: c.User, Remote: c.Remote}
	switch {
	case c.PublicKey != "":
		a.Credential, a.Key = "nkey", c.PublicKey
	case c.AccessKey != "":
		a.Credential, a.Key = "access_key", c.AccessKey
	case c.User != "":
		a.Credential = "password"
	case c.Token != "":
		a.Credential = "token"
	case c.Certificate != nil:
		a.Credential = "certificate"
	default:
		a.Credential = "none"
	}
	return a
}

// Witness tells an Audit of one client. The zero Witness tells nobody. It may be used from any
// goroutine, and copied.
type Witness struct {
	Audit Audit // nil: nobody is told
	Who   Audited
}

// Login tells how the client's login went. If the error that it returns is none of err, the
// login could not be recorded, and the client must not be let in.
func (w *Witness) Login(operation string, err error) error {
	if w.Audit == nil {
		return err
	}
	if failed := w.Audit.Login(Act{Client: w.Who, Action: AuditLogin, Operation: operation, Err: err}); err == nil {
		return failed
	}
	return err
}

// Saw tells what has come of something that the client did; err is nil when it was done.
func (w *Witness) Saw(a AuditedAction, operation, target string, err error) {
	w.Record(Act{Action: a, Operation: operation, Target: target, Err: err})
}

// Record is Saw with everything that can be said of the act but whose it is.
func (w *Witness) Record(a Act) {
	if w.Audit == nil {
		return
	}
	a.Client = w.Who
	w.Audit.Record(a)
}
