# Boxes: how repeated runs of each version (host, kernel) spread, one beside the other.
#
#   gnuplot -d -c history.gp DATA PREFIX TITLE LEGEND GROUPS AXIS SCALE BY LONGEST
#
# DATA has two blocks. First a row for each group: its number, least, lower quartile, median, upper
# quartile, most, and the interval of the median ("?": too few runs), then its name in quotes. Then
# a row for each run: group, place from 0 to 1 in the order of time, value. Values are multiplied by
# SCALE, and AXIS says what they are then. LONGEST is the length of the longest name.
# PREFIX.svg and PREFIX.png are written.

load ARG0[1:strstrt(ARG0, "history.gp") - 1]."style.gp"

data = ARG1
groups = int(ARG5)
scale = ARG7 + 0.0
set datafile missing "?"

stats data index 1 using ($3 * scale) name "all" nooutput
# A scale from 0 on shows a difference as large as it is, but one of a few per cent not at all.
spread = all_max - all_min
far = all_min > all_max / 2
lowest = far ? (spread > 0 ? all_min - spread / 4 : all_min * 0.9) : all_min < 0 ? all_min : 0
highest = all_max > lowest ? all_max + (all_max - lowest) * 0.08 : lowest + 1

set xtics noenhanced
# Names beside one another, as long as there is room for them; then slanted, ending under their
# boxes; and of very many every second, third, ...
letters = ARG9 + 7
slanted = groups * letters > 105
slant = letters * 7.9 * 0.71
every = slanted ? int((groups + 29) / 30) : 1
if (slanted) {
	set xtics rotate by 45 right
	set label 3 ARG8." (runs)" at screen 0.5, 0.03 center noenhanced textcolor rgb "#444444"
} else {
	set xlabel ARG8." (runs)" noenhanced textcolor rgb "#444444"
}
set ylabel ARG6.(far ? ", not from 0 on" : "") noenhanced textcolor rgb "#444444"
set xrange [0.4:groups + 0.6]
set yrange [lowest:highest]
if (highest >= 1000) {
	step = step_of(highest - lowest, 5)
	set ytics (lowest > 0 ? "" : "0" lowest > 0 ? highest * 2 : 0)
	do for [i = int(lowest / step) + 1:int(highest / step)] {
		set ytics add (grouped(i * step) i * step)
	}
}
unset key
boxwide = 0.26
set boxwidth boxwide absolute

do for [kind in kinds] {
	eval begin(kind)
	if (slanted) {
		set bmargin at screen (slant + 45) / 540
		set lmargin at screen (slant + 40 > 135 ? slant + 40 : 135) / 900.0
	}
	set rmargin at screen 0.97
	# Left the box, in the middle the median's interval, to the right the runs in order of time.
	plot data index 0 using ($1 - 0.13):($3 * scale):($2 * scale):($6 * scale):($5 * scale): \
			xtic(int($0) % every == 0 ? stringcolumn(9) : "") \
			with candlesticks whiskerbars 0.5 linewidth 1.5 linecolor rgb blue \
			fillstyle solid 0.15 border, \
		data index 0 using ($1 - 0.13):($4 * scale):(boxwide / 2):(0) with vectors nohead \
			linewidth 3 linecolor rgb blue, \
		data index 0 using ($1 - 0.13):($4 * scale):(-boxwide / 2):(0) with vectors nohead \
			linewidth 3 linecolor rgb blue, \
		data index 0 using ($1 + 0.06):($4 * scale):($7 * scale):($8 * scale) \
			with yerrorbars pointtype 7 pointsize 0.4 linewidth 3 linecolor rgb vermillion, \
		data index 1 using ($1 + 0.12 + $2 * 0.26):($3 * scale) with points pointtype 7 \
			pointsize 0.5 linecolor rgb "#444444"
	eval finish
}
