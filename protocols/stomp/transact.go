package stomp

import (
	"context"

	"github.com/sluicemq/sluice/protocols/budget"
	"github.com/sluicemq/sluice/protocols/quota"
	"github.com/sluicemq/sluice/protocols/stomp/frame"
	"github.com/sluicemq/sluice/queuecore"
)

// transactions are the open ones of one connection. The reader owns them; they
// die with it. STOMP 1.2, "BEGIN".
type transactions struct {
	open  map[string]*transaction
	bytes int // of all their messages
	sends int // all their messages
	share *budget.Share
	user  *quota.User
}

// transaction is what COMMIT will do at once.
type transaction struct {
	sends       []*queuecore.Message
	acks, nacks []*held
	ops, bytes  int
	// failed is why a frame of it was refused, in a lenient listener; COMMIT is then refused too.
	failed *refusal
}

// transactionID returns the transaction that BEGIN, COMMIT or ABORT is about.
func transactionID(f *frame.Frame) (string, error) {
	id, ok := f.Header("transaction")
	if !ok {
		return "", missing(f.Command, "transaction")
	}
	return id, checkID("transaction", id)
}

func (c *conn) begin(f *frame.Frame) error {
	id, err := transactionID(f)
	if err != nil {
		return err
	}
	if c.txs.open[id] != nil {
		return refuse("transaction exists", "The transaction %q is open already.", id)
	}
	if limit := c.gateway.options.Limits.Transactions; len(c.txs.open) >= limit {
		return limited("stomp_max_transactions", "too many transactions", "The limit is %d open ones on one connection.", limit)
	}
	if err := c.user.Take(quota.Transactions); err != nil {
		return err
	}
	c.txs.open[id] = &transaction{}
	return c.answer(answerOf(f))
}

// find returns an open transaction with room for n more operations.
func (t *transactions) find(id string, n int, l *Limits) (*transaction, error) {
	x := t.open[id]
	if x == nil {
		return nil, refuse("no such transaction", "The transaction %q is not open.", id)
	}
	if x.ops+n > l.TransactionOps {
		return nil, limited("stomp_max_transaction_ops", "transaction too large", "The limit is %d operations in one transaction.", l.TransactionOps)
	}
	return x, nil
}

// send keeps a message of size bytes until COMMIT. It waits for room until ctx ends.
func (t *transactions) send(ctx context.Context, id string, m *queuecore.Message, size int, l *Limits) error {
	x, err := t.find(id, 1, l)
	if err != nil {
		return err
	}
	if t.bytes+size > l.TransactionBytes {
		return limited("stomp_max_transaction_size", "transaction too large", "The limit is %d bytes of messages in the open transactions of one connection.", l.TransactionBytes)
	}
	if err := t.grow(ctx, t.bytes+size, t.sends+1); err != nil {
		return err
	}
	x.sends = append(x.sends, m)
	x.ops++
	x.bytes += size
	t.bytes += size
	t.sends++
	return nil
}

// settle keeps settled deliveries until COMMIT.
func (t *transactions) settle(id string, hs []*held, nack bool, l *Limits) error {
	x, err := t.find(id, max(len(hs), 1), l)
	if err != nil {
		return err
	}
	if nack {
		x.nacks = append(x.nacks, hs...)
	} else {
		x.acks = append(x.acks, hs...)
	}
	x.ops += max(len(hs), 1)
	return nil
}

// end takes the transaction that f names out of those that are open.
func (t *transactions) end(f *frame.Frame) (*transaction, error) {
	id, err := transactionID(f)
	if err != nil {
		return nil, err
	}
	x := t.open[id]
	if x == nil {
		return nil, refuse("no such transaction", "The transaction %q is not open.", id)
	}
	delete(t.open, id)
	t.user.Give(quota.Transactions, 1)
	t.bytes -= x.bytes
	t.sends -= len(x.sends)
	t.shrink()
	return x, nil
}

// commit does all of a transaction or, with an ERROR, nothing: then it is over, and what
// was settled in it is the client's again to settle.
func (c *conn) commit(f *frame.Frame) error {
	x, err := c.txs.end(f)
	if err != nil {
		return err
	}
	t, err := c.whole(f, x)
	if err != nil {
		c.undo(x)
		return err
	}
	p, err := c.pipe.reserve(c.ctx, answerOf(f))
	if err != nil {
		return err
	}
	done := func(sent []queuecore.Sent, err error) {
		defer c.panics.Catch(c.failed)
		if err == nil {
			c.ledger.settled(x.acks)
			c.ledger.settled(x.nacks)
		} else {
			c.undo(x)
		}
		p.done(sent, err)
	}
	if len(t.Sends)+len(t.Acks)+len(t.Nacks) == 0 {
		done(nil, nil)
		return nil
	}
	return c.submitInto(done, t, objectsOf(x.acks))
}

// whole is the core's transaction for x, which f commits. It makes the queues that are not there.
func (c *conn) whole(f *frame.Frame, x *transaction) (t queuecore.Tx, err error) {
	if x.failed != nil {
		id, _ := f.Header("transaction")
		return t, refuse("transaction failed", "Nothing of the transaction %q was done, since a frame of it was refused: %s: %s",
			id, x.failed.message, x.failed.detail)
	}
	t = settleTx(x.acks, x.nacks)
	t.Origin = c.origin()
	t.Sends, err = c.ensureEach(x.sends)
	return t, err
}

// undo gives what was settled in x back to the client, to settle it again.
func (c *conn) undo(x *transaction) {
	c.ledger.putBack(x.acks)
	c.ledger.putBack(x.nacks)
}

// abort forgets a transaction. What was settled in it is the client's again to
// settle.
func (c *conn) abort(f *frame.Frame) error {
	x, err := c.txs.end(f)
	if err != nil {
		return err
	}
	c.undo(x)
	return c.answer(answerOf(f))
}
