package mapping

import (
	"time"

	"github.com/sluicemq/sluice/queuecore"
)

// intake gathers what the headers of one message say.
type intake struct {
	m            *queuecore.Message
	now          time.Time
	seen         uint32 // a bit for each meaning read already
	types, rest  Header // the type list and what is packed; Name is "" when there is none
	to, routing  Header // the address, and what says which kind it is
	plans        plans  // what says how often it goes out
	index        nameIndex
	propertyRoom int // how many properties there can be
}

// first reports whether a header of this meaning comes for the first time.
func (in *intake) first(w meaning) bool {
	was := in.seen
	in.seen |= 1 << w
	return was&(1<<w) == 0
}

// has reports whether a header of this meaning was read already.
func (in *intake) has(w meaning) bool { return in.seen&(1<<w) != 0 }

// field reads a header that stands for a field other than the reply-to.
func (in *intake) field(w meaning, h Header) error {
	switch {
	case w.isText() && h.Value == "":
		in.property(h.Name, "")
		return nil
	case (w == expiresIn || w == lifetime) && in.has(expiresAt):
		return nil // the absolute time counts
	case (w == deliverIn || w == schedule) && in.has(deliverAt):
		return nil
	}
	return setField(in.m, w, h.Name, h.Value, in.now)
}

// user adds a header of the user's own; of a repeated one the first counts.
func (in *intake) user(h Header) error {
	if h.Name == "" {
		return noName(h)
	}
	in.property(h.Name, h.Value)
	return nil
}

func noName(h Header) error { return invalid(h.Name, h.Value, "a header must have a name") }

// property adds a property unless there is one of that name, and reports whether it did.
func (in *intake) property(name, value string) bool {
	if in.index.find(in.m.Properties, name) >= 0 {
		return false
	}
	in.append(queuecore.Property{Name: name, Value: value})
	return true
}

// append adds a property whose name is known to be new.
func (in *intake) append(p queuecore.Property) {
	if in.m.Properties == nil {
		in.m.Properties = make(queuecore.Properties, 0, in.propertyRoom)
	}
	in.m.Properties = append(in.m.Properties, p)
}

// finish gives the properties their types and puts back what was packed.
func (in *intake) finish() error {
	if in.types.Name != "" {
		if err := applyTypes(in.m.Properties, &in.index, in.types.Name, in.types.Value); err != nil {
			return err
		}
	}
	defer endGroup(in.m)
	if in.rest.Name == "" {
		return nil
	}
	p, err := parsePacked(in.rest.Name, in.rest.Value)
	if err != nil {
		return err
	}
	return p.restore(in.rest.Name, in.m)
}
