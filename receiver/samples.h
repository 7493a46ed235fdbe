/* The examples of rejected lines that an account keeps. */
#ifndef FAIRPORT_RECEIVER_SAMPLES_H
#define FAIRPORT_RECEIVER_SAMPLES_H

struct account;
struct ndjson;

/* Writes "rejected_samples":[...]. */
void samples_record(const struct account *account, struct ndjson *out);

/* Says on standard error what WHO ("worker 0") rejected. */
void samples_show(const struct account *account, const char *who);

#endif
