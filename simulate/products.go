package simulate

import "fmt"

// product is a row of the price list.
type product struct {
	sku, family, service string
	attributes           []attribute
	unit, description    string
	nano                 int64
	reservable           bool
}

type attribute struct{ key, value string }

// sku makes an identity of what it prices.
func sku(parts ...string) string {
	h := uint64(0)
	for _, p := range parts {
		h = mix(h, digest(p))
	}
	return string(appendBase32(nil, h, 16))
}

// productsOf are all ways to run a machine in a region.
func productsOf(r *region, m uint8, changes int) []product {
	var list []product
	for p := range platforms {
		if machines[m].arm && p > 0 {
			break
		}
		for t, tenancy := range tenancies {
			hourly := rate(r, m, uint8(p), t == 1, changes)
			list = append(list,
				compute(r, m, &platforms[p], tenancy, "Used", hourly),
				compute(r, m, &platforms[p], tenancy, "UnusedCapacityReservation", hourly),
				compute(r, m, &platforms[p], tenancy, "AllocatedCapacityReservation", 0))
		}
		if p == 0 {
			list = append(list, compute(r, m, &platforms[p], "Host", "Used", 0))
		}
	}
	if !machines[m].arm {
		own := platform{operation: "RunInstances:0800", system: "Windows", software: "NA", licence: "Bring your own license"}
		list = append(list, compute(r, m, &own, "Shared", "Used", rate(r, m, linux, false, changes)))
	}
	return list
}

// usages are the words of a usage type by tenancy and capacity status.
var usages = map[string]map[string]string{
	"Shared":    {"Used": "BoxUsage", "UnusedCapacityReservation": "UnusedBox", "AllocatedCapacityReservation": "Reservation"},
	"Dedicated": {"Used": "DedicatedUsage", "UnusedCapacityReservation": "UnusedDed", "AllocatedCapacityReservation": "DedicatedRes"},
	"Host":      {"Used": "HostBoxUsage"},
}

func compute(r *region, m uint8, p *platform, tenancy, capacity string, nano int64) product {
	k := machines[m]
	usage := r.prefix + usages[tenancy][capacity] + ":" + k.name
	id := sku(r.code, k.name, p.operation, p.licence, tenancy, capacity)
	return product{
		sku: id, family: "Compute Instance", service: "AmazonEC2", unit: "Hrs", nano: nano,
		description: fmt.Sprintf("$%d.%09d per %s %s %s Instance Hour", nano/1e9, nano%1e9, tenancy, p.system, k.name),
		reservable:  capacity == "Used" && tenancy == "Shared" && p.operation == platforms[linux].operation,
		attributes: []attribute{
			{"location", r.location}, {"locationType", "AWS Region"}, {"instanceType", k.name}, {"currentGeneration", "Yes"},
			{"instanceFamily", k.family}, {"vcpu", fmt.Sprint(k.vcpus)}, {"physicalProcessor", "Simulated Processor 8000"},
			{"memory", k.memory}, {"storage", "EBS only"}, {"networkPerformance", "Up to 12.5 Gigabit"},
			{"processorArchitecture", "64-bit"}, {"tenancy", tenancy}, {"operatingSystem", p.system}, {"licenseModel", p.licence},
			{"usagetype", usage}, {"operation", p.operation}, {"availabilityzone", "NA"}, {"capacitystatus", capacity},
			{"classicnetworkingsupport", "false"}, {"enhancedNetworkingSupported", "Yes"}, {"marketoption", "OnDemand"},
			{"normalizationSizeFactor", "NA"}, {"preInstalledSw", p.software}, {"processorFeatures", "Simulated AVX"},
			{"regionCode", r.code}, {"servicename", "Amazon Elastic Compute Cloud"}, {"vpcnetworkingsupport", "true"},
		},
	}
}

// accessories are rows that price no instance.
func accessories(r *region) []product {
	common := []attribute{{"location", r.location}, {"locationType", "AWS Region"}, {"regionCode", r.code}, {"servicename", "Amazon Elastic Compute Cloud"}}
	row := func(family, unit string, nano int64, more ...attribute) product {
		return product{
			sku: sku(r.code, family), family: family, service: "AmazonEC2", unit: unit, nano: nano * r.perMille / 1000,
			description: fmt.Sprintf("%s in %s", family, r.location), attributes: append(more, common...),
		}
	}
	return []product{
		row("Storage", "GB-Mo", 81_000_000, attribute{"volumeApiName", "gp3"}, attribute{"usagetype", r.prefix + "EBS:VolumeUsage.gp3"}, attribute{"operation", ""}),
		row("Storage Snapshot", "GB-Mo", 51_000_000, attribute{"usagetype", r.prefix + "EBS:SnapshotUsage"}, attribute{"operation", ""}),
		row("NAT Gateway", "Hrs", 46_000_000, attribute{"usagetype", r.prefix + "NatGateway-Hours"}, attribute{"operation", "NatGateway"}),
		row("Data Transfer", "GB", 91_000_000, attribute{"usagetype", r.prefix + "DataTransfer-Out-Bytes"}, attribute{"operation", ""}),
		row("Dedicated Host", "Hrs", 2_113_000_000, attribute{"instanceType", "m6i"}, attribute{"tenancy", "Host"}, attribute{"usagetype", r.prefix + "HostUsage:m6i"}, attribute{"operation", "RunInstances"}),
	}
}

// filler is a machine that nobody can launch.
func filler(i int) product {
	r := &regions[i%len(regions)]
	p := compute(r, uint8(i%len(machines)), &platforms[0], "Shared", "Used", int64(i%9000+1)*nanoPerPriceUnit)
	name := fmt.Sprintf("x%d.%dxlarge", 100+i/64, 1+i%64)
	p.sku = sku("filler", name, r.code)
	for j := range p.attributes {
		switch p.attributes[j].key {
		case "instanceType":
			p.attributes[j].value = name
		case "usagetype":
			p.attributes[j].value = r.prefix + "BoxUsage:" + name
		}
	}
	return p
}
