# What the pictures have in common; each template loads it first, and then calls
# eval begin(kind) and eval finish for each of its kinds:
#
#   svg, png      files to look at by themselves: title and finding stand above the picture
#   wide, narrow  for a page that has both in its text: PREFIX-wide.svg, and PREFIX-narrow.svg, which
#                 a telephone shows as large as it is
#
# Colours: Okabe and Ito's palette, told apart with every kind of colour vision. Of the greys,
# a page turns each into another for a dark background, so there are no others than these.

reset
if (!exists("kinds")) {
	kinds = "svg png"
}

array palette[8] = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000, 0x999999]
blue = 0x0072B2
vermillion = 0xD55E00
colour_of(i) = palette[int(i) % 8 + 1]

# gnuplot separates thousands only where the C library's locale does.
grouped(n) = n < 1000 ? sprintf("%.0f", n) \
	: n < 1000000 ? sprintf("%d,%03d", int(n) / 1000, int(n) % 1000) \
	: n < 1e9 ? sprintf("%d,%03d,%03d", int(n) / 1000000, int(n) / 1000 % 1000, int(n) % 1000) \
	: sprintf("%.3g", n)

# The distance of tics of which there are about COUNT up to TOP.
step_size(top, magnitude) = (top / magnitude < 1.5 ? 1 : top / magnitude < 3.5 ? 2 \
	: top / magnitude < 7.5 ? 5 : 10) * magnitude
step_of(top, count) = step_size(top / count, 10 ** floor(log10(top / count)))

set border 1 linecolor rgb "#888888"
set grid ytics linetype 1 linecolor rgb "#e4e4e4"
set tics nomirror scale 0 textcolor rgb "#444444"
set style fill solid 1.0 noborder
set key textcolor rgb "#222222" samplen 2

terminal_of(kind) = kind eq "png" \
	? (strstrt(GPVAL_TERMINALS, " pngcairo ") ? "set terminal pngcairo size 900, 540" \
		." enhanced font 'sans,12' background rgb '#ffffff'" \
		: "set terminal png size 900, 540 enhanced background rgb '#ffffff'") \
	: "set terminal svg size ".(kind eq "svg" ? "900, 540" : kind eq "wide" ? "760, 420" \
		: "400, 360")." enhanced font 'sans,12' background rgb '#ffffff'"

# The texts are the user's: nothing in them is markup.
headed = "set label 1 ARG3 at screen 0.03, 0.945 noenhanced font 'sans:Bold,15'" \
	." textcolor rgb '#222222'; set label 2 ARG4 at screen 0.03, 0.885 noenhanced" \
	." font 'sans,12' textcolor rgb '#444444'; set tmargin at screen 0.82;" \
	." set bmargin at screen 0.15"
plain = "set label 1 ''; set label 2 ''; set tmargin 1.2; set bmargin; set rmargin; set lmargin"
# Room between the label of the axis and a legend below it.
raised = "set xlabel offset 0, 0.4; set key height 1.2"
is_file(kind) = kind eq "svg" || kind eq "png"

begin(kind) = terminal_of(kind)."; set output ARG2.'".(is_file(kind) ? "." : "-").kind \
	.(is_file(kind) ? "" : ".svg")."'; ".(is_file(kind) ? headed : plain)
finish = "unset output"
