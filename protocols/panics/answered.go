package panics

import "net/http"

// answered is an http.ResponseWriter that knows whether an answer has begun.
type answered struct {
	http.ResponseWriter
	begun bool
}

// Unwrap is for http.ResponseController.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader notes that the answer begins, unless it only says that one will come.
func (a *answered) WriteHeader(status int) {
	a.begun = a.begun || status >= http.StatusOK
	a.ResponseWriter.WriteHeader(status)
}

// Write notes that the answer begins.
func (a *answered) Write(p []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(p)
}

// Flush implements http.Flusher.
func (a *answered) Flush() {
	a.begun = true
	_ = http.NewResponseController(a.ResponseWriter).Flush() // one that cannot has nothing to flush
}

// apologize answers that the request has failed, or cuts the connection.
func (a *answered) apologize() {
	if a.begun {
		panic(http.ErrAbortHandler) // net/http closes the connection, and says nothing
	}
	a.Header().Set("Connection", "close")
	a.WriteHeader(http.StatusInternalServerError)
}
