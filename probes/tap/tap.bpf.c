/*
 * The kernel side of the tap: one object, as all parts share their maps. Each part is one question.
 */
#include "probes/tap/core.bpf.h"

#include "probes/tap/arrivals.bpf.h"
#include "probes/tap/drops.bpf.h"
#include "probes/tap/listeners.bpf.h"
#include "probes/tap/looks.bpf.h"
#include "probes/tap/receptions.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
