// Package docs keeps the pages of the directory docs true: their code is compiled, their
// links lead somewhere, and their figures are those of the pages that were measured.
package docs

import (
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// pages returns the texts of documents, by their paths from here.
func pages(t *testing.T, patterns ...string) map[string]string {
	texts := make(map[string]string)
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			texts[path] = string(text)
		}
	}
	return texts
}

// blocks returns the blocks of code of a language.
func blocks(page, language string) (all []string) {
	for _, b := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(page, -1) {
		all = append(all, b[1])
	}
	return all
}

func TestGoCodeOfPagesIsCompiled(t *testing.T) {
	source := goFiles(t)
	n := 0
	for path, page := range pages(t, "docs/*.md") {
		for _, block := range blocks(page, "go") {
			n++
			assert.True(t, strings.Contains(source, flat(block)), "%s quotes what no Go file has:\n%s", path, block)
		}
	}
	require.GreaterOrEqual(t, n, 10, "the pages show too little Go code")
}

// goFiles returns all Go code of the repository, without indentation.
func goFiles(t *testing.T) string {
	var all strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(flat(string(text)))
		return err
	})
	require.NoError(t, err)
	return all.String()
}

// flat returns code without indentation: a page quotes from within a function.
func flat(code string) string {
	return regexp.MustCompile(`(?m)^[\t ]+`).ReplaceAllString(code, "")
}

func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for path, page := range pages(t, "*.md", "docs/*.md", ".github/*.md") {
		for _, l := range link.FindAllStringSubmatch(page, -1) {
			u, err := url.Parse(l[1])
			require.NoError(t, err, path)
			if u.Scheme != "" {
				continue
			}
			target := path
			if u.Path != "" {
				target = filepath.Join(filepath.Dir(path), u.Path)
			}
			text, err := os.ReadFile(target)
			if info, statErr := os.Stat(target); statErr == nil && info.IsDir() {
				continue
			}
			if assert.NoError(t, err, "%s links to %s", path, l[1]) && u.Fragment != "" {
				assert.Contains(t, anchors(string(text)), u.Fragment, "%s links to %s", path, l[1])
			}
		}
	}
}

// anchors returns what the headings of a page are called in links.
func anchors(page string) (all []string) {
	for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(h[1]), "")
		all = append(all, strings.ReplaceAll(kept, " ", "-"))
	}
	return all
}

// A row of a table that links to a page that was measured has its figures from there.
func TestFiguresAreThoseThatWereMeasured(t *testing.T) {
	source := regexp.MustCompile(`\]\(((?:\.\./)?(?:BOARD|pictures|benchmarks/RESULTS)\.md)\)`)
	figure := regexp.MustCompile(`\*\*([^*]+)\*\*`)
	n := 0
	for path, page := range pages(t, "docs/*.md") {
		for line := range strings.Lines(page) {
			from := source.FindStringSubmatch(line)
			if !strings.HasPrefix(line, "|") || from == nil {
				continue
			}
			measured, err := os.ReadFile(filepath.Join(filepath.Dir(path), from[1]))
			require.NoError(t, err)
			for _, f := range figure.FindAllStringSubmatch(line, -1) {
				n++
				assert.Regexp(t, `(?m)(^|[^\d.,])`+regexp.QuoteMeta(f[1])+`($|[^\d])`, string(measured), "%s: %s", path, line)
			}
		}
	}
	require.Greater(t, n, 10, "the pages name no figures")
}

// The README shows rows of docs/pictures.md as they are there, and figures of RESULTS.md
// by the name of their row and of the peer.
func TestFiguresOfTheReadmeAreThoseThatWereMeasured(t *testing.T) {
	all := pages(t, "README.md", "docs/pictures.md", "benchmarks/RESULTS.md")
	readme, pictures := all[root+"/README.md"], all[root+"/docs/pictures.md"]
	n, row := 0, ""
	for line := range strings.Lines(readme) {
		if regexp.MustCompile(`^\| [a-z0-9].*( (\d\S*( s)?|never) \|){4}$`).MatchString(strings.TrimSpace(line)) {
			n++
			assert.Contains(t, pictures, line)
		}
		cost := regexp.MustCompile("^\\| (?:`(.+?)`.*)?\\| (.+) \\| (\\S+ ×) \\|").FindStringSubmatch(line)
		if cost == nil {
			continue
		}
		n++
		if cost[1] != "" {
			row = cost[1]
		}
		measured := regexp.MustCompile("(?m)^\\| `" + row + "` \\|.*\\| " + regexp.QuoteMeta(cost[3]+" "+cost[2]) + " \\|")
		assert.Regexp(t, measured, all[root+"/benchmarks/RESULTS.md"], line)
	}
	require.GreaterOrEqual(t, n, 20, "the README shows too few figures")
}

func TestCommandsAreCalledAsTheirHelpSays(t *testing.T) {
	out, err := exec.Command("go", "run", "../../cmd/liveness", "help").CombinedOutput()
	require.NoError(t, err, "%s", out)
	help := regexp.MustCompile(` +`).ReplaceAllString(string(out), " ")
	rows := regexp.MustCompile("(?m)^\\| `liveness ([a-z-]+)[^`]*` \\| (.+) \\|$").FindAllStringSubmatch(pages(t, "docs/operations.md")[root+"/docs/operations.md"], -1)
	require.Greater(t, len(rows), 10, "the page lists no commands")
	for _, row := range rows {
		assert.Contains(t, help, " "+row[1]+" "+row[2]+"\n")
	}
}

func TestEachAlertHasAnAnswer(t *testing.T) {
	rules, err := os.ReadFile(root + "/docs/prometheus.rules.yml")
	require.NoError(t, err)
	names := func(pattern, text string) (all []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			all = append(all, m[1])
		}
		return all
	}
	alerts := names(`alert: (\w+)`, string(rules))
	require.NotEmpty(t, alerts)
	_, page, _ := strings.Cut(pages(t, "docs/operations.md")[root+"/docs/operations.md"], "| alert | go to |")
	table, _, _ := strings.Cut(page, "\n\n")
	assert.ElementsMatch(t, alerts, names("`(Liveness\\w+)`", table))
}
