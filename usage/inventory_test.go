package usage

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// page writes a page of DescribeInstances with a running instance for each id.
func page(owner, zone string, ids ...string) string {
	var all []string
	for _, id := range ids {
		all = append(all, fmt.Sprintf(`{"Instances":[{"InstanceId":%q,"InstanceType":"t3.micro","State":{"Code":16,"Name":"running"},
			"LaunchTime":"2023-11-15T00:00:10+00:00","Placement":{"AvailabilityZone":%q,"Tenancy":"default"},
			"UsageOperation":"RunInstances:SV001"}],"OwnerId":%q}`, id, zone, owner))
	}
	return `{"Reservations":[` + strings.Join(all, ",") + `]}`
}

var options = InventoryOptions{At: day + 100}

func mustRead(t *testing.T, text string, opt InventoryOptions) Inventory {
	t.Helper()
	inv, err := ReadInventory("d.json", strings.NewReader(text), opt)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// outline is what snapshots show, in words.
func outline(inv Inventory) string {
	var out strings.Builder
	for _, s := range inv.Snapshots {
		fmt.Fprintf(&out, "%s %s complete=%v:", s.Account, s.Region, s.Complete)
		for _, f := range inv.Facts {
			if strings.HasPrefix(f.Key, s.ID) && f.Account == s.Account {
				out.WriteString(" " + f.Resource)
			}
		}
		out.WriteString("\n")
	}
	for _, p := range inv.Problems {
		fmt.Fprintf(&out, "%s: %s\n", p.Name, p.Reason)
	}
	return out.String()
}

func TestInventoryForms(t *testing.T) {
	a, b := page("111", "us-east-1a", "i-1", "i-2"), page("111", "eu-west-1b", "i-3")
	both := "111 eu-west-1 complete=false: i-3\n111 us-east-1 complete=false: i-1 i-2\n"
	for name, c := range map[string]struct{ text, want string }{
		"one page":           {a, "111 us-east-1 complete=false: i-1 i-2\n"},
		"documents":          {a + "\n" + b, both},
		"array of pages":     {"[" + a + "," + b + "]", both},
		"arrays of arrays":   {"[[" + b + "],[" + a + "]]", both},
		"HTTP recording":     {`{"status_code":200,"data":` + a + `}`, "111 us-east-1 complete=false: i-1 i-2\n"},
		"pages repeated":     {a + a + b, both},
		"with a byte order":  {" \n\t" + a, "111 us-east-1 complete=false: i-1 i-2\n"},
		"other accounts":     {a + page("222", "us-east-1a", "i-1"), "111 us-east-1 complete=false: i-1 i-2\n222 us-east-1 complete=false: i-1\n"},
		"a local zone":       {page("111", "us-west-2-lax-1a", "i-1"), "111 us-west-2 complete=false: i-1\n"},
		"a government zone":  {page("111", "us-gov-west-1a", "i-1"), "111 us-gov-west-1 complete=false: i-1\n"},
		"nothing shown":      {`{"Reservations":[]}`, ""},
		"reservations: null": {`{"Reservations":null}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := outline(mustRead(t, c.text, options)); got != c.want {
				t.Errorf("got:\n%swant:\n%s", got, c.want)
			}
		})
	}
}

func TestInventoryGzip(t *testing.T) {
	text := page("111", "us-east-1a", "i-1")
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	fmt.Fprint(w, text)
	w.Close()
	if diff := cmp.Diff(mustRead(t, text, options), mustRead(t, z.String(), options)); diff != "" {
		t.Errorf("gzip reads otherwise (-plain +gzip):\n%s", diff)
	}
	_, err := ReadInventory("d.json.gz", bytes.NewReader(z.Bytes()[:z.Len()-9]), options)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("truncated gzip: %v", err)
	}
}

func TestInventoryCompleteness(t *testing.T) {
	a, b := page("111", "us-east-1a", "i-1"), page("111", "eu-west-1b", "i-3")
	next := strings.TrimSuffix(a, "}") + `,"NextToken":"more"}`
	only := InventoryOptions{At: day, Account: "111", Region: "us-east-1", Complete: true}
	all := InventoryOptions{At: day, Complete: true}
	for name, c := range map[string]struct {
		text string
		opt  InventoryOptions
		want string
	}{
		"all that is shown":      {a + b, all, "111 eu-west-1 complete=true: i-3\n111 us-east-1 complete=true: i-1\n"},
		"only the one named":     {a + b, only, "111 eu-west-1 complete=false: i-3\n111 us-east-1 complete=true: i-1\n"},
		"nothing in the one":     {`{"Reservations":[]}`, only, "111 us-east-1 complete=true:\n"},
		"nothing, nowhere named": {`{"Reservations":[]}`, all, ""},
		"a next page that came":  {next + b, all, "111 eu-west-1 complete=true: i-3\n111 us-east-1 complete=true: i-1\n"},
		"a next page missing": {b + next, all, "111 eu-west-1 complete=false: i-3\n111 us-east-1 complete=false: i-1\n" +
			"d.json: the last page has a NextToken: there are more instances, so none is taken for gone\n"},
		"an instance refused": {a + page("", "us-east-1a", "i-9"), all, "111 us-east-1 complete=false: i-1\n" +
			"d.json: instance \"i-9\" refused: no OwnerId in its reservation, and no account given\n"},
		"broken off": {a + `{"Reservations":[{`, all, "111 us-east-1 complete=false: i-1\n" +
			"d.json: the recording breaks off: jsontext: unexpected EOF within \"/Reservations/0\" after offset %d\n"},
	} {
		t.Run(name, func(t *testing.T) {
			want := strings.ReplaceAll(c.want, "%d", fmt.Sprint(len(c.text)))
			if got := outline(mustRead(t, c.text, c.opt)); got != want {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

// A recording is one snapshot, whatever the order of its pages and whether it
// is taken for complete or not; another time or content is another.
func TestSnapshotIDs(t *testing.T) {
	a, b := page("111", "us-east-1a", "i-1"), page("111", "us-east-1b", "i-2")
	id := mustRead(t, a+b, options).Snapshots[0].ID
	later, complete := options, options
	later.At++
	complete.Complete = true
	if got := mustRead(t, b+a, complete).Snapshots[0].ID; got != id {
		t.Error("the order of pages, or completeness, changes the id")
	}
	for what, other := range map[string]Inventory{
		"another time":    mustRead(t, a+b, later),
		"other instances": mustRead(t, a, options),
		"another account": mustRead(t, page("222", "us-east-1a", "i-1")+page("222", "us-east-1b", "i-2"), options),
	} {
		if other.Snapshots[0].ID == id {
			t.Errorf("%s has the same id", what)
		}
	}
}

// An instance that two pages show differently is stated twice, under two keys.
func TestInstanceShownTwice(t *testing.T) {
	a := page("111", "us-east-1a", "i-1")
	inv := mustRead(t, a+strings.Replace(a, "t3.micro", "t3.large", 1), options)
	if len(inv.Facts) != 2 || inv.Facts[0].Key == inv.Facts[1].Key || len(inv.Snapshots) != 1 {
		t.Errorf("%d snapshots, facts %+v", len(inv.Snapshots), inv.Facts)
	}
}

func TestSeenStatement(t *testing.T) {
	const text = `{"Reservations":[{"OwnerId":"111","Instances":[{"InstanceId":"i-1","InstanceType":"m5.4xlarge",
		"State":{"Name":"stopped"},"InstanceLifecycle":"spot","Platform":"Windows","UsageOperation":"RunInstances:0002:SV007",
		"LaunchTime":{"__class__":"datetime","year":2016,"month":7,"day":23,"hour":21,"minute":18,"second":20,"microsecond":0},
		"StateTransitionReason":"User initiated (2016-07-24 00:00:01 GMT)","StateReason":{"Code":"Client.UserInitiatedShutdown"},
		"Placement":{"AvailabilityZone":"us-west-2c","Tenancy":"host"},"CpuOptions":{"CoreCount":2,"ThreadsPerCore":2},
		"ProductCodes":[{"ProductCodeId":"abc","ProductCodeType":"marketplace"}],"Tags":[{"Key":"team","Value":"a"}]}]}]}`
	var got statement
	if err := got.decode(mustRead(t, text, options).Facts[0].Data); err != nil {
		t.Fatal(err)
	}
	want := statement{
		kind: kindSeen, at: day + 100, region: "us-west-2", zone: "us-west-2c", state: stateStopped,
		launched: 1469308700, ended: 1469318401, reason: "Client.UserInitiatedShutdown",
		shape: patch{
			typ: "m5.4xlarge", operation: "RunInstances:0002", tenancy: "Host", purchase: "spot",
			cpus: 4, windows: true, marketplace: yes,
		},
		tags: Tags{"team": "a"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(statement{}, patch{}, tagMatch{})); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
}

func TestInventoryRefuses(t *testing.T) {
	instance := func(text string) string {
		return `{"Reservations":[{"OwnerId":"111","Instances":[` + text + `]}]}`
	}
	for text, want := range map[string]string{
		instance(`{}`):                   "no InstanceId",
		instance(`7`):                    "no InstanceId",
		instance(`{"InstanceId":"i-1"}`): "no zone in its Placement, and no region given",
		instance(`{"InstanceId":"i-1","Placement":{"AvailabilityZone":"us-east-1a"}}`):                                                       "no State with a known name",
		instance(`{"InstanceId":"i-1","Placement":{"AvailabilityZone":"us-east-1a"},"State":{"Name":"running"},"LaunchTime":"soon"}`):        `LaunchTime is no time: "soon"`,
		instance(`{"InstanceId":"i-1","Placement":{"AvailabilityZone":"us-east-1a"},"State":{"Name":"running"},"LaunchTime":{"year":2020}}`): `LaunchTime is no time: ""`,
		`{"Reservations":[{"OwnerId":"111","Instances":7}]}`:                                                                                 "reservation refused",
	} {
		inv := mustRead(t, text, options)
		if len(inv.Facts) != 0 || len(inv.Problems) != 1 || !strings.Contains(inv.Problems[0].Reason, want) {
			t.Errorf("%s: %d facts, problems %v, want %q", text, len(inv.Facts), inv.Problems, want)
		}
	}
	for _, text := range []string{"", "7", "{}", `{"Records":[]}`, "no JSON", `[{"Volumes":[]}]`, "\x00"} {
		if _, err := ReadInventory("d.json", strings.NewReader(text), options); !errors.Is(err, ErrNoInventory) {
			t.Errorf("%q: %v, want ErrNoInventory", text, err)
		}
	}
	if _, err := ReadInventory("d.json", strings.NewReader(page("1", "us-east-1a", "i-1")), InventoryOptions{}); err == nil {
		t.Error("no time given, and no error")
	}
}

// A recording's parts are bounded: a string without an end is an error, not
// all memory.
func TestInventoryIsBounded(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(page("111", "us-east-1a", "i-1")+`{"x":"`), forever('a'))
	if _, err := ReadInventory("d.json", endless, options); !errors.Is(err, errTooLong) {
		t.Errorf("endless string: %v, want errTooLong", err)
	}
	nested := strings.Repeat("[", 100_000)
	if _, err := ReadInventory("d.json", strings.NewReader(nested), options); !errors.Is(err, ErrNoInventory) {
		t.Errorf("endless nesting: %v", err)
	}
}

type forever byte

func (b forever) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// Reading that fails is an error, not an inventory of half the instances.
func TestInventoryReadError(t *testing.T) {
	r := io.MultiReader(strings.NewReader(page("111", "us-east-1a", "i-1")), failing{})
	if _, err := ReadInventory("d.json", r, options); !errors.Is(err, os.ErrPermission) {
		t.Errorf("%v, want os.ErrPermission", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, os.ErrPermission }

func TestRegionOfZone(t *testing.T) {
	for zone, want := range map[string]string{
		"us-east-1a": "us-east-1", "us-gov-west-1b": "us-gov-west-1", "us-west-2-lax-1a": "us-west-2",
		"us-east-1-wl1-bos-wlz-1": "us-east-1", "cn-north-1a": "cn-north-1", "": "", "a": "", "1": "", "zone1": "",
	} {
		if got := regionOf(zone); got != want {
			t.Errorf("%q: %q, want %q", zone, got, want)
		}
	}
}

func FuzzReadInventory(f *testing.F) {
	a := page("111", "us-east-1a", "i-1", "i-2")
	for _, seed := range []string{a, "[" + a + "]", `{"data":` + a + `}`, a[:len(a)/2], `{"Reservations":[]}`, "\x1f\x8b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		inv, err := ReadInventory("d.json", strings.NewReader(text), InventoryOptions{At: day, Account: "1", Region: "r", Complete: true})
		if err != nil {
			return
		}
		if inv.Instances > len(inv.Facts)+len(inv.Problems) && len(inv.Problems) == 0 && !repeated(text) {
			t.Errorf("%d instances, %d facts, %d problems", inv.Instances, len(inv.Facts), len(inv.Problems))
		}
		for i := range inv.Facts {
			if _, err := TimelineOf(inv.Facts[i:i+1], NewHorizon(nil, inv.Snapshots, NoLimit)); err != nil {
				t.Error(err)
			}
		}
		for _, s := range inv.Snapshots {
			if s.Complete && len(inv.Problems) > 0 {
				t.Errorf("complete in spite of %v", inv.Problems)
			}
		}
	})
}

// repeated says that a text may show one instance twice: it counts once.
func repeated(text string) bool { return strings.Count(text, "InstanceId") > 1 }
