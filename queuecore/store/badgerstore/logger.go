package badgerstore

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// logger hands badger's lines on, one level down: what badger calls information
// is of use to a developer only.
type logger struct{ log *slog.Logger }

func (l logger) Errorf(f string, a ...any)   { l.put(slog.LevelError, f, a) }
func (l logger) Warningf(f string, a ...any) { l.put(slog.LevelWarn, f, a) }
func (l logger) Infof(f string, a ...any)    { l.put(slog.LevelDebug, f, a) }

// Debugf drops the line: there are several for each write.
func (l logger) Debugf(string, ...any) {}

func (l logger) put(level slog.Level, f string, a []any) {
	if !l.log.Enabled(context.Background(), level) {
		return
	}
	if s := strings.TrimSpace(fmt.Sprintf(f, a...)); s != "" {
		l.log.Log(context.Background(), level, "badger: "+s)
	}
}
