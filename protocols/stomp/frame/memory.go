package frame

// memory is what a Reader asks its caller for.
type memory struct {
	room  func(bytes int) error // nil: there always is
	asked int                   // for the frame being read
	held  int                   // of that, by its headers
}

// SetRoom has the reader ask for memory: room is called before a frame takes more than
// [FreeBytes] for its headers or its body, with all that it may come to take. It may wait. Its error is
// what Read returns. When Read has returned, all of it is the caller's again.
func (r *Reader) SetRoom(room func(bytes int) error) { r.room = room }

// ask sees to it that a frame may have n bytes more than its headers hold, where it may come to have most.
func (r *Reader) ask(n, most int) error {
	if n <= FreeBytes || r.room == nil || r.held+most <= r.asked {
		return nil
	}
	r.asked = r.held + most
	return r.room(r.asked)
}
