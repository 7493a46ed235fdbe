/*
 * Numbers with units, the same in every option of every program.
 *
 *   counts and rates   500, 10k, 1.5M, 2G           k M G = 1000, 1000^2, 1000^3
 *   sizes              512, 64kB, 8MiB              kB MB GB = 1000^n; KiB MiB GiB = 1024^n
 *   durations          10, 1.5s, 250ms, 10us, 5m    ns us ms s m h; a bare number is seconds
 *   shares             0.05, 5%                     from 0 to 1, in steps of 10^-12
 *   time stamps        1700000000123456789, -1      ns since 1970
 *
 * The whole text is consumed. Every parser returns 0, -EINVAL (not of this form: empty, a sign,
 * trailing text, a fraction of the smallest unit; a time stamp may have a minus sign) or -ERANGE
 * (does not fit); *OUT is written on success only.
 */
#ifndef FAIRPORT_UNITS_H
#define FAIRPORT_UNITS_H

#include <stddef.h>
#include <stdint.h>

int units_count(const char *text, uint64_t *out);
int units_size(const char *text, uint64_t *bytes);
int units_duration(const char *text, uint64_t *ns);
int units_share(const char *text, double *share);
int units_time(const char *text, int64_t *ns);

#define UNITS_TEXT 32

/* 1234567 -> "1,234,567". Returns BUFFER, as do the others. */
const char *units_grouped(char buffer[static UNITS_TEXT], uint64_t value);

/* Nanoseconds in the unit that leaves one to three digits before the point: "12.3 ms". */
const char *units_duration_text(char buffer[static UNITS_TEXT], uint64_t ns);

/* Bytes as "7.6 MiB"; below 1 KiB as "512 B". */
const char *units_size_text(char buffer[static UNITS_TEXT], uint64_t bytes);

#endif
