#!/usr/bin/env perl
# Stands between PostgreSQL and its clients and cuts them off at the worst moment: about the COMMIT.
#
# pg-proxy.pl SOCKET SERVER HOW...: listens on the Unix socket SOCKET, says "ready", passes on what
# comes to the Unix socket SERVER and back, and cuts off a transaction that moves a mark of
# fairport-receive for each HOW, one after the other, saying "cut" each time. HOW:
#   before   the client's last message does not arrive: not committed
#   behind   the server's answer to it does not: committed
#   between  neither is waited for: the server, which does not know that the client has gone, may
#            commit at any time later
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;

$| = 1;
$SIG{PIPE} = 'IGNORE';
my ($path, $server_path, @how) = @ARGV;
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 64) or die "$path: $!";
my $select = IO::Select->new($listener);
my %side; # by descriptor: which connection it is of, and whether it is the client's

print "ready\n";
while (1) {
	for my $socket ($select->can_read) {
		if ($socket == $listener) {
			join_sides($listener->accept);
			next;
		}
		my $side = $side{ fileno $socket } or next;
		if (!sysread($socket, my $bytes, 1 << 16)) {
			part($side->{connection});
		} elsif ($side->{is_client}) {
			from_client($side->{connection}, $bytes);
		} else {
			from_server($side->{connection}, $bytes);
		}
	}
}

sub join_sides {
	my ($client) = @_;
	my $server = IO::Socket::UNIX->new(Peer => $server_path) or return;
	my $connection = { client => $client, server => $server, from_client => '', from_server => '' };
	$side{ fileno $client } = { connection => $connection, is_client => 1 };
	$side{ fileno $server } = { connection => $connection };
	$select->add($client, $server);
}

sub leave {
	my ($socket) = @_;
	return unless $socket;
	$select->remove($socket);
	delete $side{ fileno $socket };
	close $socket;
}

sub part {
	my ($connection) = @_;
	leave(delete $connection->{$_}) for 'client', 'server';
}

sub pass {
	my ($socket, $bytes) = @_;
	while ($socket && length $bytes) {
		my $written = syswrite($socket, $bytes) or return;
		substr($bytes, 0, $written) = '';
	}
}

# The next whole message in $$buffer. The first one of a client has no type.
sub message {
	my ($buffer, $type_length) = @_;
	return if length $$buffer < $type_length + 4;
	my $length = $type_length + unpack('N', substr($$buffer, $type_length, 4));
	return if length $$buffer < $length;
	return substr($$buffer, 0, $length, '');
}

# Whether the server commits when it has this message of a transaction that moves the mark. Only of
# BEGIN and COMMIT it can be told that they are one each.
sub is_last {
	my ($connection, $type, $message) = @_;
	return 1 if $type eq 'c' || $type eq 'Q' && $message =~ /UPDATE/ && $message !~ /COPY/;
	$connection->{committing} = 1 if $type eq 'P' && $message =~ /COMMIT/;
	return $connection->{committing} && (is_next('before') || $type eq 'S') if $connection->{begun};
	return $type eq 'S';
}

sub from_client {
	my ($connection, $bytes) = @_;
	$connection->{from_client} .= $bytes;
	while (defined(my $message = message(\$connection->{from_client}, $connection->{started} ? 1 : 0))) {
		my $type = $connection->{started} ? substr($message, 0, 1) : '';
		$connection->{started} = 1;
		$connection->{begun} = 1 if $type eq 'P' && $message =~ /BEGIN/;
		$connection->{marked} = 1 if $message =~ /UPDATE \S*fairport_batches/;
		my $is_last = $connection->{marked} && is_last($connection, $type, $message);
		if ($is_last && is_next('before')) {
			cut();
			return part($connection);
		}
		pass($connection->{server}, $message);
		if ($is_last && is_next('between')) {
			cut();
			return leave(delete $connection->{client});
		}
	}
}

# ReadyForQuery outside of a transaction: it has ended.
sub from_server {
	my ($connection, $bytes) = @_;
	$connection->{from_server} .= $bytes;
	while (defined(my $message = message(\$connection->{from_server}, 1))) {
		if ($message eq "Z\0\0\0\5I") {
			my $is_behind = $connection->{marked} && is_next('behind');
			cut() if $is_behind;
			return part($connection) if $is_behind || !$connection->{client};
			$connection->{$_} = 0 for 'begun', 'marked', 'committing';
		}
		pass($connection->{client}, $message);
	}
}

sub is_next {
	return @how && $how[0] eq $_[0];
}

sub cut {
	shift @how;
	print "cut\n";
}
