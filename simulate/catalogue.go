package simulate

// region is a region of the simulated AWS.
type region struct {
	code, location string
	prefix         string // of usage types: "EU-", empty in us-east-1
	perMille       int64  // prices relative to us-east-1
}

var regions = [...]region{
	{"us-east-1", "US East (N. Virginia)", "", 1000},
	{"us-east-2", "US East (Ohio)", "USE2-", 1000},
	{"us-west-1", "US West (N. California)", "USW1-", 1170},
	{"us-west-2", "US West (Oregon)", "USW2-", 1000},
	{"ca-central-1", "Canada (Central)", "CAN1-", 1110},
	{"eu-west-1", "EU (Ireland)", "EU-", 1114},
	{"eu-central-1", "EU (Frankfurt)", "EUC1-", 1152},
	{"eu-north-1", "EU (Stockholm)", "EUN1-", 1063},
	{"ap-southeast-1", "Asia Pacific (Singapore)", "APS1-", 1204},
	{"ap-southeast-2", "Asia Pacific (Sydney)", "APS2-", 1251},
	{"ap-northeast-1", "Asia Pacific (Tokyo)", "APN1-", 1243},
	{"sa-east-1", "South America (Sao Paulo)", "SAE1-", 1603},
}

// Regions are the regions that a simulation can use.
func Regions() []string {
	codes := make([]string, len(regions))
	for i := range regions {
		codes[i] = regions[i].code
	}
	return codes
}

func regionOf(code string) *region {
	for i := range regions {
		if regions[i].code == code {
			return &regions[i]
		}
	}
	return nil
}

// machine is an instance type. Prices are in hundredths of a cent per hour:
// Linux, shared tenancy, us-east-1. They are plausible, not AWS's.
type machine struct {
	name, family string
	vcpus        int64
	memory       string
	price        int64
	arm          bool
}

var machines = [...]machine{
	{"t3.micro", "General purpose", 2, "1 GiB", 106, false},
	{"t3.small", "General purpose", 2, "2 GiB", 212, false},
	{"t3.medium", "General purpose", 2, "4 GiB", 424, false},
	{"t3.large", "General purpose", 2, "8 GiB", 848, false},
	{"t4g.medium", "General purpose", 2, "4 GiB", 341, true},
	{"m5.large", "General purpose", 2, "8 GiB", 970, false},
	{"m6i.large", "General purpose", 2, "8 GiB", 965, false},
	{"m6i.xlarge", "General purpose", 4, "16 GiB", 1931, false},
	{"m6i.2xlarge", "General purpose", 8, "32 GiB", 3862, false},
	{"m7g.large", "General purpose", 2, "8 GiB", 823, true},
	{"c6i.large", "Compute optimized", 2, "4 GiB", 857, false},
	{"c6i.xlarge", "Compute optimized", 4, "8 GiB", 1713, false},
	{"c6i.4xlarge", "Compute optimized", 16, "32 GiB", 6851, false},
	{"c7g.2xlarge", "Compute optimized", 8, "16 GiB", 2911, true},
	{"r6i.xlarge", "Memory optimized", 4, "32 GiB", 2533, false},
	{"r6i.4xlarge", "Memory optimized", 16, "128 GiB", 10133, false},
	{"i4i.2xlarge", "Storage optimized", 8, "64 GiB", 6891, false},
	{"g5.xlarge", "GPU instance", 4, "16 GiB", 10117, false},
	{"g5.12xlarge", "GPU instance", 48, "192 GiB", 56931, false},
	{"g5.48xlarge", "GPU instance", 192, "768 GiB", 163719, false},
	{"p4d.24xlarge", "GPU instance", 96, "1152 GiB", 328093, false},
	{"p5.48xlarge", "GPU instance", 192, "2048 GiB", 984377, false},
}

// machineOf gives the index of a type that is known to exist.
func machineOf(name string) uint8 {
	for i := range machines {
		if machines[i].name == name {
			return uint8(i)
		}
	}
	panic("simulate: no machine " + name)
}

// platform is what runs on an instance: the operation decides its price.
type platform struct {
	operation, system, details string
	software                   string // preInstalledSw of the price list
	perVCPU                    int64  // on top, in hundredths of a cent per hour
	licence                    string
	fullHours                  bool // every started hour is billed whole
	windows                    bool
}

var platforms = [...]platform{
	{operation: "RunInstances", system: "Linux", details: "Linux/UNIX", software: "NA", licence: "No License required"},
	{operation: "RunInstances:0002", system: "Windows", details: "Windows", software: "NA", perVCPU: 461, licence: "No License required", windows: true},
	{operation: "RunInstances:0010", system: "RHEL", details: "Red Hat Enterprise Linux", software: "NA", perVCPU: 147, licence: "No License required"},
	{operation: "RunInstances:000g", system: "SUSE", details: "SUSE Linux", software: "NA", perVCPU: 128, licence: "No License required", fullHours: true},
	{operation: "RunInstances:0006", system: "Windows", details: "Windows with SQL Server Standard", software: "SQL Std", perVCPU: 1661, licence: "No License required", windows: true},
}

// The platforms that plans name.
const (
	linux uint8 = iota
	windows
	redHat
	suse
	windowsSQL
)

// tenancies of the price list; instances run on the first two.
var tenancies = [...]string{"Shared", "Dedicated"}

// nanoPerPriceUnit turns hundredths of a cent into billionths of a dollar.
const nanoPerPriceUnit = 100_000

// rate is the on-demand price per hour, in billionths of a dollar, of one
// version of the price list (0 is the oldest).
func rate(r *region, m, p uint8, dedicated bool, version int) int64 {
	base := machines[m].price + machines[m].vcpus*platforms[p].perVCPU
	units := (base*r.perMille + 500) / 1000
	if dedicated {
		units += units/10 + 3
	}
	return units * nanoPerPriceUnit * drift(r, m, version) / 1000
}

// drift is the change of a price since version 0, per mille: every version
// lowers a third of the types by a little.
func drift(r *region, m uint8, version int) int64 {
	perMille := int64(1000)
	for v := 1; v <= version; v++ {
		if mix(uint64(v), uint64(m), digest(r.code))%3 == 0 {
			perMille -= 20
		}
	}
	return perMille
}
