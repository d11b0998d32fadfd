package mapping

import "github.com/sluicemq/sluice/queuecore"

// nameIndex finds properties by name in a list that only grows. It keeps a map
// once the list is long, so that a message of many headers costs no square of them.
type nameIndex struct {
	at map[string]int
}

const shortList = 16

// find returns the place of name in props, or -1.
func (x *nameIndex) find(props queuecore.Properties, name string) int {
	if len(props) <= shortList {
		for i := range props {
			if props[i].Name == name {
				return i
			}
		}
		return -1
	}
	if x.at == nil {
		x.at = make(map[string]int, 2*len(props))
	}
	for i := len(x.at); i < len(props); i++ {
		x.at[props[i].Name] = i
	}
	if i, ok := x.at[name]; ok {
		return i
	}
	return -1
}

// findProperty returns the property called name, or nil.
func findProperty(props queuecore.Properties, name string) *queuecore.Property {
	for i := range props {
		if props[i].Name == name {
			return &props[i]
		}
	}
	return nil
}
