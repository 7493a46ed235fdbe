/* What libbpf and the verifier say. */
#ifndef FAIRPORT_BPF_DETAILS_H
#define FAIRPORT_BPF_DETAILS_H

/* From now on it goes to message_detail(), where --verbose shows it. */
void bpf_details_show(void);

#endif
