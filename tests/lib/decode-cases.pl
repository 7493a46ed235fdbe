# Runs a program once for each case on standard input, "PRECISION\tDEFAULT_TIME\tBASE64" a line, and
# prints for each {"status":N,"points":[...]}, with what it printed as points.
# perl-base has no module for base64, but unpack() knows its sister uuencode.
use strict;
use warnings;

sub from_base64 {
	my ($text) = @_;
	my $bytes = '';
	$text =~ tr#A-Za-z0-9+/##cd;
	$text =~ tr#A-Za-z0-9+/# -_#;
	while ($text =~ /(.{1,80})/gs) {
		$bytes .= unpack('u', chr(32 + int(length($1) * 3 / 4)) . $1);
	}
	return $bytes;
}

my $file = "case.$$.lp";
while (my $case = <STDIN>) {
	chomp $case;
	my ($precision, $time, $base64) = split /\t/, $case, -1;
	open(my $input, '>', $file) or die "$file: $!";
	print $input from_base64($base64);
	close $input or die "$file: $!";
	my $pid = open(my $output, '-|') // die "fork: $!";
	if ($pid == 0) {
		open(STDIN, '<', $file) or die "$file: $!";
		open(STDERR, '>', '/dev/null') or die "/dev/null: $!";
		exec @ARGV, '--precision', $precision, '--default-time', $time or die "$ARGV[0]: $!";
	}
	my @points = <$output>;
	chomp @points;
	close $output;
	print '{"status":', $? >> 8, ',"points":[', join(',', @points), "]}\n";
}
