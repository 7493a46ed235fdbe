/* The tables of fairport-probe's final text. A table without rows is not printed. */
#ifndef FAIRPORT_PROBE_TABLES_H
#define FAIRPORT_PROBE_TABLES_H

struct account;
struct flow_list;
struct view;

#define COLUMNS 80

void print_workers(const struct view *view);
void print_sockets(const struct account *account);
void print_waits(const struct account *account);
void print_cpus(const struct account *account);
void print_flows(const struct account *account, const struct flow_list *flows);

#endif
