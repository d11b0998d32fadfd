package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/sluicemq/sluice/bridge"
)

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := serveAndRun(ctx, bridge.Addrs{}, os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Unordered output:
	// till ordered 2 kg apples
	// web shop ordered 1 bicycle
	// app ordered 3 books
}
