# Which flow came to which worker: bands from flows to workers, as thick as what they carried.
#
#   gnuplot -d -c flow-map.gp DATA PREFIX TITLE FINDING BANDS ROWS WORKERS
#
# DATA has a block with ROWS flows (middle, room, label), one with the WORKERS (from, to, middle, room,
# label), and one for each of the BANDS: x from 0 (flow) to 1 (worker), from where to where, worker.
# All heights are parts of 1, from the top. PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "flow-map.gp") - 1]."style.gp"

data = ARG1
bands = int(ARG5)
rows = int(ARG6)
workers = int(ARG7)

unset border
unset grid
unset tics
unset key

# The colour of a band is its worker's.
array worker_of[bands]
do for [i = 1:bands] {
	stats data index i + 1 using 4 name "band" nooutput
	worker_of[i] = band_min
}
# Only now: stats leaves out what is beyond the axes.
set yrange [1.03:-0.03]

do for [kind in kinds] {
	eval begin(kind)
	narrow = kind eq "narrow"
	# Labels stand left and right of the bands, which are 1 wide.
	set xrange [(narrow ? -1.15 : -0.5):(narrow ? 1.9 : 1.4)]
	set lmargin 1
	set rmargin 1
	set bmargin 1
	if (is_file(kind)) {
		set lmargin at screen 0.02
		set rmargin at screen 0.98
		set bmargin at screen 0.03
	}
	# Rows that are too low for a label have none.
	height = is_file(kind) ? 402.0 : kind eq "wide" ? 370.0 : 310.0
	size = narrow || rows > 16 ? ",8" : ",10"
	line = (size eq ",8" ? 10.0 : 12.5) / height
	plot for [i = 1:bands] data index i + 1 using 1:2:3 with filledcurves fillcolor rgb \
			colour_of(worker_of[i]) fillstyle transparent solid 0.6 noborder, \
		data index 1 using (1.02):1:(0):($2 - $1) with vectors nohead linewidth 6 \
			linecolor rgb "#888888", \
		data index 0 using (-0.02):1:($2 >= line ? strcol(3) : "") with labels right \
			noenhanced font size textcolor rgb "#222222", \
		data index 1 using (1.06):3:($4 >= line ? strcol(5) : "") with labels left \
			noenhanced font size textcolor rgb "#222222"
	eval finish
}
