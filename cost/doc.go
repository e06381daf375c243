// Package cost is what usage costs, and who changed that: intervals × price
// sheets → price graph, steps (blame), run-rate.
//
// Graph turns intervals and prices into rows: what each group of resources
// cost in each hour, day or month. Steps lists the edges of that graph, each
// with the call behind it. RunRate is the height of the graph at one moment. A
// Ledger holds the graph of a changing set of resources. Live answers the same
// questions for a usage.Fleet, in milliseconds and page by page: it keeps the
// graphs that are looked at as curves, and amends them by what has changed.
// Nothing here is stored: new prices, also for times long past, show as soon as
// they are asked for again.
//
// # What is charged
//
// A running period (from running to stopped) is charged by the second, at
// least 60 of them; SUSE is charged in full hours since the period's start;
// an instance on a dedicated host costs nothing, because the host is billed.
// The seconds that are charged but did not run are padding. They lie behind
// the period's end, in the hours where they fall and at the price that holds
// there, and they are charged as soon as the period has begun, because nothing
// undoes them. They belong to the period's last interval. Seconds between the
// last sign of life and the first sign of an end are uncertain: counted, not
// charged.
//
// # Sums
//
// An amount is a difference of two charges since the later of the period's
// start and the price's (money.Rate.Between). All parts of a period at one
// price share that origin. So every way to cut the graph, by time or by any
// field, sums to the same total to the last digit, in any order of the
// intervals. Amounts of different currencies are never added: they are rows of
// their own.
//
// A full hour inside a piece of an interval costs exactly the rate. Therefore
// a piece of any length changes at most four cells of a difference array, and
// the running sum of those is the graph; see spread.
//
// # What is not known
//
// Nothing is guessed. Seconds of a shape without a price, or with two, are
// unpriced: they have their own column, and the Summary names the reasons.
// So are spot and capacity blocks, which the on-demand list does not price,
// and CPU options on a platform with a licence. Where no source states the
// platform, Linux/UNIX is taken and the seconds are counted as assumed. A
// resource without a known launcher is "unattributed", one without the tag
// that is asked for is "untagged", any other missing value is "unknown".
//
// # What the graph cannot show
//
// The amounts are list prices of running time. The control plane's logs do not
// tell, and so no row contains: data transfer, requests, load balancer
// capacity units, input and output, CPU credits of burstable instances;
// reserved instances and savings plans, which lower a bill after the fact and
// across accounts; private discounts, credits, refunds, tax, support; the
// price of marketplace products, whose seconds are counted beside; the
// regional fee for dedicated instances. The bill is the bill: this is what
// caused it, hours before.
package cost
