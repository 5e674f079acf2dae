package command

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/molecule-ai/liveness/backends"
	"github.com/molecule-ai/liveness/cmd/liveness/internal/doctor"
	"github.com/molecule-ai/liveness/redisstore"
)

// confirm asks on the terminal whether to do something in the store, which it names. Where
// there is no terminal, only yes, the value of --yes, answers it.
func (a *app) confirm(ctx context.Context, yes bool, format string, args ...any) error {
	place, err := a.place()
	if err != nil || yes {
		return err
	}
	if !isTerminal(a.stdin) {
		return usagef("standard input is no terminal to ask on; --yes does it without asking")
	}
	fmt.Fprintf(a.stderr, "%s in %s? [y/N] ", plain(fmt.Sprintf(format, args...)), place)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(a.stdin).ReadString('\n') // the end of the input is no yes
		answer <- strings.ToLower(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.stderr)
		return fmt.Errorf("not done: %w", ctx.Err())
	case said := <-answer:
		switch said {
		case "y\n", "yes\n":
			return nil
		case "":
			fmt.Fprintln(a.stderr) // the end of the input moves the cursor to no new line
		}
	}
	return errors.New("not done, as answered")
}

// place names the store for people: the file, or the server, the database and the prefix.
func (a *app) place() (string, error) {
	raw, err := a.storeURL()
	if err != nil {
		return "", err
	}
	if err := cmp.Or(refuseMemory(raw), checkURL(raw, doctor.Options{Prefix: a.prefix})); err != nil {
		return "", err
	}
	if path, file := boltPath(raw); file {
		return plain(path), refuseAbsent(path)
	}
	client, err := redisstore.NewClient(raw, redisstore.Options{Prefix: a.prefix})
	if err != nil {
		return "", err
	}
	defer client.Close() //nolint:errcheck // it has no connection
	database := ""
	if one, ok := client.(*redis.Client); ok {
		database = fmt.Sprintf(", database %d", one.Options().DB)
	}
	return fmt.Sprintf("%s%s, prefix %q", backends.Redact(raw), database, cmp.Or(a.prefix, redisstore.DefaultPrefix)), nil
}
