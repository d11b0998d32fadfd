package wire

// AddPermission lets other accounts do some actions to a queue.
type AddPermission struct {
	Target
	Label    string
	Accounts Strings
	Actions  Strings
}

func (r *AddPermission) set(name []byte, v value) error {
	switch string(name) {
	case "Label":
		return readString(&r.Label, v)
	case "AWSAccountIds":
		return v.list(&r.Accounts)
	case "Actions":
		return v.list(&r.Actions)
	}
	return r.Target.set(name, v)
}

// RemovePermission takes back what AddPermission gave.
type RemovePermission struct {
	Target
	Label string
}

func (r *RemovePermission) set(name []byte, v value) error {
	if string(name) == "Label" {
		return readString(&r.Label, v)
	}
	return r.Target.set(name, v)
}
