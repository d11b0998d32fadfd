package wire

// Target names the queue that a request is about: a queue URL, or just the name
// of a queue.
type Target struct{ QueueURL string }

// Queue returns the address of the target.
func (t *Target) Queue() *string { return &t.QueueURL }

// Targeted is a request about a queue.
type Targeted interface{ Queue() *string }

func (t *Target) set(name []byte, v value) error {
	if string(name) == "QueueUrl" {
		return readString(&t.QueueURL, v)
	}
	return v.skip()
}

// setList reads the list that a request has besides its target.
func (t *Target) setList(member string, l list, name []byte, v value) error {
	if string(name) == member {
		return v.list(l)
	}
	return t.set(name, v)
}

// setDict reads the map that a request has besides its target.
func (t *Target) setDict(member string, o object, name []byte, v value) error {
	if string(name) == member {
		return v.dict(o)
	}
	return t.set(name, v)
}

// CreateQueue asks for a queue.
type CreateQueue struct {
	QueueName        string
	Attributes, Tags Pairs
}

func (r *CreateQueue) set(name []byte, v value) error {
	switch string(name) {
	case "QueueName":
		return readString(&r.QueueName, v)
	case "Attributes":
		return v.dict(&r.Attributes)
	case "tags", "Tags":
		return v.dict(&r.Tags)
	}
	return v.skip()
}

// GetQueueURL asks where a queue is.
type GetQueueURL struct{ QueueName, Owner string }

func (r *GetQueueURL) set(name []byte, v value) error {
	switch string(name) {
	case "QueueName":
		return readString(&r.QueueName, v)
	case "QueueOwnerAWSAccountId":
		return readString(&r.Owner, v)
	}
	return v.skip()
}

// Page says which part of a long answer is wanted.
type Page struct {
	NextToken  string
	MaxResults Int
}

func (p *Page) set(name []byte, v value) error {
	switch string(name) {
	case "NextToken":
		return readString(&p.NextToken, v)
	case "MaxResults":
		return p.MaxResults.read(v)
	}
	return v.skip()
}

// ListQueues asks which queues there are.
type ListQueues struct {
	Prefix string
	Page
}

func (r *ListQueues) set(name []byte, v value) error {
	if string(name) == "QueueNamePrefix" {
		return readString(&r.Prefix, v)
	}
	return r.Page.set(name, v)
}

// ListDeadLetterSourceQueues asks which queues have this one as their dead-letter queue.
type ListDeadLetterSourceQueues struct {
	Target
	Page
}

func (r *ListDeadLetterSourceQueues) set(name []byte, v value) error {
	if string(name) == "QueueUrl" {
		return r.Target.set(name, v)
	}
	return r.Page.set(name, v)
}

// GetQueueAttributes asks for some or all attributes of a queue.
type GetQueueAttributes struct {
	Target
	Names Strings
}

func (r *GetQueueAttributes) set(name []byte, v value) error {
	return r.setList("AttributeNames", &r.Names, name, v)
}

// SetQueueAttributes changes attributes of a queue.
type SetQueueAttributes struct {
	Target
	Attributes Pairs
}

func (r *SetQueueAttributes) set(name []byte, v value) error {
	return r.setDict("Attributes", &r.Attributes, name, v)
}

// TagQueue adds tags to a queue.
type TagQueue struct {
	Target
	Tags Pairs
}

func (r *TagQueue) set(name []byte, v value) error {
	return r.setDict("Tags", &r.Tags, name, v)
}

// UntagQueue removes tags.
type UntagQueue struct {
	Target
	Keys Strings
}

func (r *UntagQueue) set(name []byte, v value) error {
	return r.setList("TagKeys", &r.Keys, name, v)
}

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
