/* What the plots show, as columns separated by spaces under a "#" line that names them. */
#ifndef FAIRPORT_ANALYSIS_PLOT_DATA_H
#define FAIRPORT_ANALYSIS_PLOT_DATA_H

struct run;

/* A row for each worker: packets, or connections. 0 or -errno. */
int plot_data_workers(const struct run *run, const char *path);

/*
 * A row for each interval record of receive.ndjson, which is read again for it. *TOP becomes the
 * highest rate of any worker, per second. 0 or -errno.
 */
int plot_data_intervals(const struct run *run, const char *path, double *top);

#endif
