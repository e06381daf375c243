package pricetest

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// Offer is an offer file to be written. Empty fields take the values that are
// named; a "-" leaves the thing out of the file.
type Offer struct {
	Code      string // "AmazonEC2"
	Version   string // "20230701000000"
	Published string // "2023-07-01T00:00:00Z"
	Rows      []Row
	// TermsFirst writes the terms before the products, and the metadata last.
	TermsFirst bool
}

// Row is a product with its on-demand term.
type Row struct {
	SKU       string // made of the other fields, different for each
	Family    string // "Compute Instance"
	Region    string // "us-east-1"
	Location  string // "US East (N. Virginia)" in us-east-1, else the region's code
	Type      string // "t3.micro"
	Operation string // "RunInstances"
	Tenancy   string // "Shared"
	License   string // "No License required"
	Usage     string // as the tenancy has it, "BoxUsage:t3.micro"
	Capacity  string // "Used"
	Market    string // "OnDemand"

	Term      string // "JRTCKXETXF"; "-" for no on-demand term
	Code      string // "6YS6EN2CT7", or CNY's
	Rate      string // "0.0104000000"
	Currency  string // "USD", or "CNY" in a region that begins with "cn-"
	Unit      string // "Hrs"
	Begin     string // "0"
	End       string // "Inf"
	Effective string // "2023-07-01T00:00:00Z"

	// Reserved is how many reserved terms follow, to be skipped by a reader.
	Reserved int
}

// OfferJSON is an AmazonEC2 offer file of the rows, in JSON as AWS writes it.
func OfferJSON(rows []Row) []byte {
	var b bytes.Buffer
	_ = Offer{Rows: rows}.WriteJSON(&b) // a Buffer takes everything
	return b.Bytes()
}

// OfferCSV is an AmazonEC2 offer file of the rows, in CSV as AWS writes it.
func OfferCSV(rows []Row) []byte {
	var b bytes.Buffer
	_ = Offer{Rows: rows}.WriteCSV(&b)
	return b.Bytes()
}

func (o Offer) filled() Offer {
	o.Code = fill(o.Code, "AmazonEC2")
	o.Version = fill(o.Version, "20230701000000")
	o.Published = fill(o.Published, "2023-07-01T00:00:00Z")
	return o
}

// fill gives the value, or standard where it is empty, or nothing for "-".
func fill(value, standard string) string {
	if value == "-" {
		return ""
	}
	return cmp.Or(value, standard)
}

// usages are the usage types by tenancy.
var usages = map[string]string{"Shared": "BoxUsage", "Dedicated": "DedicatedUsage", "Host": "HostBoxUsage"}

func (r Row) filled() Row {
	r.Family = fill(r.Family, "Compute Instance")
	r.Type = fill(r.Type, "t3.micro")
	r.Operation = fill(r.Operation, "RunInstances")
	r.Tenancy = fill(r.Tenancy, "Shared")
	r.License = fill(r.License, "No License required")
	r.Capacity = fill(r.Capacity, "Used")
	r.Market = fill(r.Market, "OnDemand")
	r.Usage = fill(r.Usage, cmp.Or(usages[r.Tenancy], "BoxUsage")+":"+r.Type)
	region := cmp.Or(strings.Trim(r.Region, "-"), "us-east-1")
	r.Region = fill(r.Region, "us-east-1")
	r.Location = fill(r.Location, locationOf(region))
	r.Term = fill(r.Term, "JRTCKXETXF")
	r.Rate = fill(r.Rate, "0.0104000000")
	currency, code := "USD", "6YS6EN2CT7"
	if strings.HasPrefix(region, "cn-") {
		currency, code = "CNY", "99YE2YK9UR"
	}
	r.Currency, r.Code = fill(r.Currency, currency), fill(r.Code, code)
	r.Unit = fill(r.Unit, "Hrs")
	r.Begin, r.End = fill(r.Begin, "0"), fill(r.End, "Inf")
	r.Effective = fill(r.Effective, "2023-07-01T00:00:00Z")
	if r.SKU == "" {
		r.SKU = sku(r)
	}
	return r
}

func locationOf(region string) string {
	if region == "us-east-1" {
		return "US East (N. Virginia)"
	}
	return region
}

// sku makes sixteen characters of what tells a product from others.
func sku(r Row) string {
	h := uint64(14695981039346656037)
	for _, s := range []string{r.Family, r.Region, r.Location, r.Type, r.Operation, r.Tenancy, r.License, r.Usage, r.Capacity, r.Market} {
		for _, c := range []byte(s + "\x00") {
			h = (h ^ uint64(c)) * 1099511628211
		}
	}
	return strings.ToUpper(fmt.Sprintf("%016x", h))
}

func (r Row) rateCode() string { return r.SKU + "." + r.Term + "." + r.Code }

func (r Row) description() string {
	return fmt.Sprintf("$%s per On Demand %s %s Instance Hour", r.Rate, r.Operation, r.Type)
}

// attribute is a member of a product's attributes.
type attribute struct{ name, column, value string }

// attributes are all that the file says of a product, in AWS's order; empty
// ones are left out of JSON and are empty fields in CSV.
func (r Row) attributes() []attribute {
	return []attribute{
		{"servicecode", "serviceCode", "AmazonEC2"},
		{"location", "Location", r.Location},
		{"locationType", "Location Type", "AWS Region"},
		{"instanceType", "Instance Type", r.Type},
		{"currentGeneration", "Current Generation", "Yes"},
		{"instanceFamily", "Instance Family", "General purpose"},
		{"vcpu", "vCPU", "2"},
		{"physicalProcessor", "Physical Processor", "Intel Skylake E5 2686 v5"},
		{"clockSpeed", "Clock Speed", "3.1 GHz"},
		{"memory", "Memory", "1 GiB"},
		{"storage", "Storage", "EBS only"},
		{"networkPerformance", "Network Performance", "Up to 5 Gigabit"},
		{"processorArchitecture", "Processor Architecture", "64-bit"},
		{"tenancy", "Tenancy", r.Tenancy},
		{"operatingSystem", "Operating System", "Linux"},
		{"licenseModel", "License Model", r.License},
		{"usagetype", "usageType", r.Usage},
		{"operation", "operation", r.Operation},
		{"availabilityzone", "AvailabilityZone", "NA"},
		{"capacitystatus", "CapacityStatus", r.Capacity},
		{"classicnetworkingsupport", "ClassicNetworkingSupport", "false"},
		{"dedicatedEbsThroughput", "Dedicated EBS Throughput", "Up to 2085 Mbps"},
		{"ecu", "ECU", "Variable"},
		{"enhancedNetworkingSupported", "Enhanced Networking Supported", "Yes"},
		{"gpuMemory", "GPU Memory", "NA"},
		{"intelAvxAvailable", "Intel AVX Available", "Yes"},
		{"intelAvx2Available", "Intel AVX2 Available", "Yes"},
		{"intelTurboAvailable", "Intel Turbo Available", "Yes"},
		{"marketoption", "MarketOption", r.Market},
		{"normalizationSizeFactor", "Normalization Size Factor", "0.5"},
		{"preInstalledSw", "Pre Installed S/W", "NA"},
		{"processorFeatures", "Processor Features", `AVX; AVX2; Intel AVX, "Turbo"`},
		{"regionCode", "Region Code", r.Region},
		{"servicename", "serviceName", "Amazon Elastic Compute Cloud"},
		{"vpcnetworkingsupport", "VpcNetworkingSupport", "true"},
	}
}

// reservedTerm is one of the twelve ways to reserve an instance.
type reservedTerm struct{ code, lease, class, option string }

var reservedTerms = []reservedTerm{
	{"4NA7Y494T4", "1yr", "standard", "No Upfront"},
	{"HU7G6KETJZ", "1yr", "standard", "Partial Upfront"},
	{"6QCMYABX3D", "1yr", "standard", "All Upfront"},
	{"7NE97W5U4E", "1yr", "convertible", "No Upfront"},
	{"CUZHX8X6JH", "1yr", "convertible", "Partial Upfront"},
	{"VJWZNREJX2", "1yr", "convertible", "All Upfront"},
	{"BPH4J8HBKS", "3yr", "standard", "No Upfront"},
	{"38NPMPTW36", "3yr", "standard", "Partial Upfront"},
	{"NQ3QZPMQV9", "3yr", "standard", "All Upfront"},
	{"Z2E3P23VKM", "3yr", "convertible", "No Upfront"},
	{"R5XV2EPZQZ", "3yr", "convertible", "Partial Upfront"},
	{"MZU6U2429S", "3yr", "convertible", "All Upfront"},
}

// terms are the reserved terms of a row.
func (r Row) reserved() []reservedTerm { return reservedTerms[:min(r.Reserved, len(reservedTerms))] }

const disclaimer = "Made up for tests; no service is sold at these prices."
