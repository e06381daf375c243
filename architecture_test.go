package kopter_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kopterio/kopter"

// words may be imported by every package and import nothing of Kopter.
var words = []string{"account", "money", "query", "queue"}

// mayImport is the law: for each package, in reading order, what it may import
// of Kopter besides the words. A package that is not in the table does not
// belong here.
var mayImport = map[string][]string{
	"account": {},
	"money":   {},
	"query":   {},
	"queue":   {},

	"cloudtrail":       {},
	"audit/bloom":      {},
	"audit/idrun":      {"audit/bloom"},
	"audit/wordfilter": {"audit/bloom"},
	"audit":            {"cloudtrail", "audit/idrun", "audit/wordfilter", "audit/bloom"},
	"usage":            {"cloudtrail"},
	"ingest":           {"cloudtrail", "audit", "usage"},
	"price":            {},
	"cost":             {"price", "usage"},

	"notify": {"audit", "cost"},
	"access": {},

	"api":    {"cloudtrail", "ingest", "audit", "usage", "price", "cost", "notify", "access"},
	"web":    {},
	"worker": {},
	"local":  {"cloudtrail", "ingest", "audit", "usage", "price", "cost", "notify", "access"},

	"simulate": {},
	"app":      {"cloudtrail", "ingest", "audit", "usage", "price", "cost", "notify", "access", "api", "web", "worker", "local", "simulate"},
	"cmd/kopter": {
		"app",
	},

	"bench": {"cloudtrail", "ingest", "audit", "usage", "price", "price/pricetest", "cost", "local", "simulate"},

	// Conformance suites and test support: only tests import them.
	"audit/audittest":     {"audit", "cloudtrail"},
	"usage/usagetest":     {"usage", "cloudtrail"},
	"price/pricetest":     {"price"},
	"ingest/ingesttest":   {"ingest", "audit", "usage"},
	"queue/queuetest":     {},
	"worker/workertest":   {},
	"access/accesstest":   {"access"},
	"notify/notifytest":   {"notify"},
	"internal/contract":   {},
	"internal/shareddata": {},
}

// onlyIn names packages outside the standard library that only some of
// Kopter's packages may import.
var onlyIn = map[string][]string{
	"modernc.org/sqlite":              {"local"},
	"github.com/parquet-go/":          {"audit", "cost"},
	"github.com/alecthomas/kong":      {"cmd/kopter"},
	"github.com/aws/aws-sdk-go-v2":    {"cloud", "watched", "worker", "app"},
	"github.com/rogpeppe/go-internal": {},
	"pgregory.net/rapid":              {},
	"encoding/json":                   {"api"}, // in the generated server
}

type goPackage struct {
	comment string
	imports map[string]bool // of files that are not tests
}

func TestImportLaw(t *testing.T) {
	for dir, pkg := range packages(t) {
		allowed, known := mayImport[dir]
		if !known {
			t.Errorf("package %s has no row in mayImport: which room of the house is it?", dir)
			continue
		}
		for imported := range pkg.imports {
			if inner, ours := strings.CutPrefix(imported, module+"/"); ours {
				if !slices.Contains(words, inner) && !slices.Contains(allowed, inner) || slices.Contains(words, dir) {
					t.Errorf("%s imports %s: the law does not allow it", dir, inner)
				}
			}
			for restricted, homes := range onlyIn {
				if strings.HasPrefix(imported, restricted) && !slices.Contains(homes, dir) && !strings.HasSuffix(dir, "test") {
					t.Errorf("%s imports %s, which only %v may", dir, imported, homes)
				}
			}
		}
	}
}

func TestArchitectureDocument(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+?) \\|$").FindAllStringSubmatch(string(text), -1) {
		rows[m[1]] = m[2]
	}
	all := packages(t)
	for dir, pkg := range all {
		if first := firstSentence(pkg.comment); rows[dir] != first {
			t.Errorf("ARCHITECTURE.md says of %s:\n\t%q\nits package comment says:\n\t%q", dir, rows[dir], first)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(rows)) {
		if _, exists := all[dir]; !exists {
			t.Errorf("ARCHITECTURE.md has a row for %s, which does not exist", dir)
		}
	}
}

// TestMirroredBackends holds local/ and cloud/ to the same file names, so that
// who knows one finds everything in the other.
func TestMirroredBackends(t *testing.T) {
	if _, err := os.Stat("cloud"); err != nil {
		return // only the embedded backend exists
	}
	if l, c := goFiles(t, "local"), goFiles(t, "cloud"); !slices.Equal(l, c) {
		t.Errorf("local/ holds %v, cloud/ holds %v", l, c)
	}
}

func goFiles(t *testing.T, dir string) []string {
	names, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasSuffix(n, "_test.go") })
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	return names
}

// packages reads every package of the module but this one.
func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	found := map[string]goPackage{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && file != "." || d.Name() == "node_modules" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		dir := path.Dir(filepath.ToSlash(file))
		if dir == "." || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		found[dir] = found[dir].with(parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func (p goPackage) with(f *ast.File) goPackage {
	if p.imports == nil {
		p.imports = map[string]bool{}
	}
	if f.Doc != nil && !ast.IsGenerated(f) {
		p.comment = f.Doc.Text()
	}
	for _, spec := range f.Imports {
		p.imports[strings.Trim(spec.Path.Value, `"`)] = true
	}
	return p
}

// firstSentence is the package comment up to its first full stop, without the
// "Package x" that Go asks for and without the stop.
func firstSentence(comment string) string {
	sentence, _, _ := strings.Cut(strings.Join(strings.Fields(comment), " "), ". ")
	sentence = regexp.MustCompile(`^(Package|Command) \S+ `).ReplaceAllString(sentence, "")
	return strings.TrimSuffix(sentence, ".")
}
