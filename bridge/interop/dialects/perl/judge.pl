# Holds a house to what Net::Stomp counts on, used as with ActiveMQ, which it was written for, and with
# RabbitMQ. Arguments: the addresses of the listeners for plain, activemq, artemis and rabbitmq, and that of
# the lever. Writes a line of JSON for each case.

use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use FindBin;
use IO::Socket::INET;
use lib $FindBin::Bin;
use Net::Stomp;
use Report;

use constant PATIENCE => 180;    # when a case gives up, in seconds; not what anything takes

my %at;
@at{qw(plain activemq artemis rabbitmq lever)} = @ARGV;

sub open_stomp {
    my ($dialect, $headers, %options) = @_;
    my ($host, $port) = split /:/, $at{$dialect};
    my $stomp = Net::Stomp->new({ hostname => $host, port => $port, connect_delay => 1, reconnect_attempts => PATIENCE, %options });
    my $frame = $stomp->connect({ login => 'guest', passcode => 'guest', %{ $headers || {} } });
    equal($frame->command, 'CONNECTED', 'answer to CONNECT');
    return wantarray ? ($stomp, $frame) : $stomp;
}

# next_frame is the next frame, which is of this kind.
sub next_frame {
    my ($stomp, $want) = @_;
    my $frame = $stomp->receive_frame({ timeout => PATIENCE });
    that($frame, "no $want came");
    equal($frame->command, $want, 'frame ' . ($frame->headers->{message} || '') . ' ' . ($frame->body || ''));
    return $frame;
}

sub message {
    my ($stomp, $body) = @_;
    my $frame = next_frame($stomp, 'MESSAGE');
    equal($frame->body, $body, 'body');
    return $frame;
}

sub put {
    my ($stomp, $destination, $body, %headers) = @_;
    my $frame;
    that($stomp->send_with_receipt({ destination => $destination, body => $body, timeout => PATIENCE, %headers }, $frame), 'no receipt');
    return $frame;
}

sub subscribe {
    my ($stomp, %headers) = @_;
    $stomp->subscribe({ receipt => 'subscribed', %headers });
    equal(next_frame($stomp, 'RECEIPT')->headers->{'receipt-id'}, 'subscribed', 'receipt-id');
}

# settled waits until everything before it is done.
sub settled {
    my ($stomp) = @_;
    $stomp->send_frame(Net::Stomp::Frame->new({ command => 'BEGIN', headers => { transaction => 'settled', receipt => 'settled' } }));
    equal(next_frame($stomp, 'RECEIPT')->headers->{'receipt-id'}, 'settled', 'receipt-id');
    $stomp->send_frame(Net::Stomp::Frame->new({ command => 'ABORT', headers => { transaction => 'settled' } }));
}

sub pull {
    my ($order) = @_;
    my $s = IO::Socket::INET->new($at{lever}) or die "lever: $!";
    print {$s} "$order\n";
    chomp(my $answer = <$s>);
    equal($answer, 'ok', "answer to $order");
}

sub versions {
    my ($dialect) = @_;
    my ($stomp, $frame) = open_stomp($dialect);
    equal($frame->headers->{version}, '1.0', 'version');
    that($stomp->session_id, 'no session');
    $stomp->disconnect;
    for my $version ('1.1', '1.2') {
        ($stomp, $frame) = open_stomp($dialect, { 'accept-version' => $version, host => '/' });
        equal($frame->headers->{version}, $version, 'version');
        my $name = $dialect eq 'activemq' ? 'ActiveMQ/' : 'RabbitMQ/';
        that(index($frame->headers->{server}, $name) == 0, "server is $frame->{headers}{server}");
        $stomp->disconnect;
    }
}

# In 1.0, which the client speaks unless told otherwise: by message-id, and no id of a subscription.
sub ack_modes {
    my ($dialect) = @_;
    my $queue = "/queue/perl.modes.$dialect";
    my $stomp = open_stomp($dialect);
    put($stomp, $queue, $_, persistent => 'true') for 'one', 'two', 'three';
    subscribe($stomp, destination => $queue, ack => 'client');
    message($stomp, 'one');
    $stomp->ack({ frame => message($stomp, 'two') });    # and all before it
    message($stomp, 'three');
    settled($stomp);
    $stomp->disconnect;
    $stomp = open_stomp($dialect, { 'accept-version' => '1.1', host => '/' });
    subscribe($stomp, destination => $queue, id => 's', ack => 'client-individual');
    my $three = message($stomp, 'three');
    equal($three->headers->{redelivered}, 'true', 'redelivered');
    put_other($dialect, $queue, 'four');
    $stomp->ack({ frame => message($stomp, 'four'), subscription => 's' });
    settled($stomp);
    $stomp->disconnect;
    $stomp = open_stomp($dialect, { 'accept-version' => '1.2', host => '/' });
    subscribe($stomp, destination => $queue, id => 's', ack => 'auto');
    message($stomp, 'three');
    put_other($dialect, $queue, 'five');
    message($stomp, 'five');
    $stomp->unsubscribe({ id => 's', receipt => 'gone' });
    next_frame($stomp, 'RECEIPT');
    $stomp->disconnect;
}

sub put_other {
    my ($dialect, @message) = @_;
    my $other = open_stomp($dialect);
    put($other, @message);
    $other->disconnect;
}

# In 1.2 ACK has the value of the header ack, which the client is given as id.
sub ack_by_id {
    my ($dialect) = @_;
    my $queue = "/queue/perl.ids.$dialect";
    my $stomp = open_stomp($dialect, { 'accept-version' => '1.2', host => '/' });
    put($stomp, $queue, $_) for 'one', 'two';
    subscribe($stomp, destination => $queue, id => 's', ack => 'client-individual');
    message($stomp, 'one');
    my $two = message($stomp, 'two');
    $stomp->ack({ frame => $two, id => $two->headers->{ack} });
    settled($stomp);
    $stomp->disconnect;
    $stomp = open_stomp($dialect);
    subscribe($stomp, destination => $queue);
    message($stomp, 'one');
    put_other($dialect, $queue, 'three');
    message($stomp, 'three');
    $stomp->disconnect;
}

# ActiveMQ makes a dead letter of it, RabbitMQ sends it again.
sub nack {
    my ($dialect) = @_;
    my $queue = "/queue/perl.nack.$dialect";
    my $stomp = open_stomp($dialect, { 'accept-version' => '1.1', host => '/' });
    put($stomp, $queue, 'bad');
    subscribe($stomp, destination => $queue, id => 's', ack => 'client');
    $stomp->nack({ frame => message($stomp, 'bad'), subscription => 's' });
    if ($dialect eq 'activemq') {
        subscribe($stomp, destination => '/queue/ActiveMQ.DLQ', id => 'dlq', ack => 'auto');
        equal(message($stomp, 'bad')->headers->{'original-destination'}, $queue, 'original-destination');
    }
    else {
        my $again = message($stomp, 'bad');
        equal($again->headers->{redelivered}, 'true', 'redelivered');
        $stomp->ack({ frame => $again, subscription => 's' });
        settled($stomp);
    }
    $stomp->disconnect;
}

sub transactions {
    my ($dialect) = @_;
    my $queue = "/queue/perl.tx.$dialect";
    my $stomp = open_stomp($dialect);
    $stomp->send_frame(Net::Stomp::Frame->new({ command => 'BEGIN', headers => { transaction => 't' } }));
    put($stomp, $queue, 'never', transaction => 't');
    $stomp->send_frame(Net::Stomp::Frame->new({ command => 'ABORT', headers => { transaction => 't' } }));
    that($stomp->send_transactional({ destination => $queue, body => 'whole', timeout => PATIENCE }), 'not sent');
    subscribe($stomp, destination => $queue, ack => 'client');
    $stomp->ack({ frame => message($stomp, 'whole') });
    settled($stomp);
    $stomp->disconnect;
}

# In 1.0 there are no escapes: values come back as they were. In 1.1 the client escapes and
# reads nothing: a colon comes back as the standard writes it.
sub headers {
    my ($dialect) = @_;
    my $queue = "/queue/perl.headers.$dialect";
    my $umlaut = encode('UTF-8', 'grün €');
    my $stomp = open_stomp($dialect);
    put($stomp, $queue, $umlaut, colour => $umlaut, address => 'tcp://host:1', type => 'order', 'correlation-id' => 'c');
    subscribe($stomp, destination => $queue, ack => 'auto');
    my $m = message($stomp, $umlaut);
    equal(decode('UTF-8', $m->headers->{colour}), 'grün €', 'colour');
    equal($m->headers->{address}, 'tcp://host:1', 'address');
    equal($m->headers->{type}, 'order', 'type');
    equal($m->headers->{'correlation-id'}, 'c', 'correlation-id');
    $stomp->disconnect;
    $stomp = open_stomp($dialect, { 'accept-version' => '1.1', host => '/' });
    $queue .= '.escaped';    # nobody else's: the server may see late that the first connection is closed
    put($stomp, $queue, 'x', address => 'tcp://host:1');
    subscribe($stomp, destination => $queue, id => 's', ack => 'auto');
    equal(message($stomp, 'x')->headers->{address}, 'tcp\c//host\c1', 'address, escaped');
    $stomp->disconnect;
}

# bytes_message writes a content-length, and so may be any octets.
sub binary {
    my ($dialect) = @_;
    my $queue = "/queue/perl.binary.$dialect";
    my $every = join '', map { chr } 0 .. 255;
    my $stomp = open_stomp($dialect);
    put($stomp, $queue, $every x 1000, bytes_message => 1);
    put($stomp, $queue, "no length\n");
    put($stomp, $queue, '0');    # the client takes this for no body
    subscribe($stomp, destination => $queue, ack => 'auto');
    message($stomp, $every x 1000);
    message($stomp, "no length\n");
    message($stomp, '');
    $stomp->disconnect;
}

# The client connects and subscribes again by itself when it sends.
sub restart {
    my ($dialect) = @_;
    my $queue = "/queue/perl.restart.$dialect";
    my $stomp = open_stomp($dialect);
    put($stomp, $queue, 'before', persistent => 'true');
    $stomp->subscribe({ destination => $queue, ack => 'client' });
    message($stomp, 'before');
    pull('stop');
    pull('start');
    my $frame;
    1 while $frame = $stomp->receive_frame({ timeout => PATIENCE });    # an ERROR, and the end
    $stomp->send({ destination => $queue, body => 'after' });
    my $again = message($stomp, 'before');
    equal($again->headers->{redelivered}, 'true', 'redelivered');
    $stomp->ack({ frame => $again });
    $stomp->ack({ frame => message($stomp, 'after') });
    settled($stomp);
    $stomp->disconnect;
}

sub failover {
    my ($dialect) = @_;
    my $dead = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp');    # nobody listens there
    my $stomp = Net::Stomp->new({
        failover => 'failover:(tcp://127.0.0.1:' . $dead->sockport . ",tcp://$at{$dialect})?randomize=false",
        connect_delay => 0, initial_reconnect_attempts => 2,
    });
    equal($stomp->connect({ login => 'guest', passcode => 'guest' })->command, 'CONNECTED', 'answer');
    put($stomp, "/queue/perl.failover.$dialect", 'there');
    $stomp->disconnect;
}

# A request with a reply-to that is a temporary queue, as each broker has them.
sub temporary_queue {
    my ($dialect) = @_;
    my $queue = "/queue/perl.rpc.$dialect";
    my ($client, $server) = (scalar(open_stomp($dialect)), scalar(open_stomp($dialect)));
    subscribe($client, destination => '/temp-queue/mine', ack => 'auto') if $dialect eq 'activemq';
    subscribe($server, destination => $queue, ack => 'auto');
    put($client, $queue, 'ask', 'reply-to' => '/temp-queue/mine');
    my $to = message($server, 'ask')->headers->{'reply-to'};
    put($server, $to, 'answer');
    message($client, 'answer');
    $_->disconnect for $client, $server;
}

sub selector_and_prefetch {
    my $stomp = open_stomp('activemq');
    put($stomp, '/queue/perl.selector', "size $_", size => $_) for 1 .. 3;
    subscribe($stomp, destination => '/queue/perl.selector', ack => 'client', selector => 'size > 1', 'activemq.prefetchSize' => 1);
    my $first = message($stomp, 'size 2');
    settled($stomp);    # and nothing came before it: one at a time
    $stomp->ack({ frame => $first });
    $stomp->ack({ frame => message($stomp, 'size 3') });
    settled($stomp);
    $stomp->disconnect;
}

# The names that each broker has for it.
sub durable_subscription {
    my ($dialect) = @_;
    my $topic = "/topic/perl.durable.$dialect";
    my %connect = (host => '/', 'accept-version' => '1.1', 'client-id' => 'perl');
    my %as = $dialect eq 'activemq' ? ('activemq.subscriptionName' => 'books') : (durable => 'true', 'auto-delete' => 'false');
    my $stomp = open_stomp($dialect, \%connect);
    $stomp->subscribe({ destination => $topic, id => 'books', ack => 'client', receipt => 'subscribed', %as });
    next_frame($stomp, 'RECEIPT');
    $stomp->send_frame(Net::Stomp::Frame->new({ command => 'DISCONNECT', headers => { receipt => 'bye' } }));
    next_frame($stomp, 'RECEIPT');    # and its client id is free
    put_other($dialect, $topic, 'away');
    $stomp = open_stomp($dialect, \%connect);
    subscribe($stomp, destination => $topic, id => 'books', ack => 'client', %as);
    $stomp->ack({ frame => message($stomp, 'away'), subscription => 'books' });
    $stomp->unsubscribe({ id => 'books', receipt => 'gone', %as });
    next_frame($stomp, 'RECEIPT');
    $stomp->disconnect;
}

# An ERROR says what was wrong, and then the connection is closed.
sub error_frame {
    my ($dialect) = @_;
    my $stomp = open_stomp($dialect);
    $stomp->send({ destination => 'nowhere', body => 'x' });
    my $frame = next_frame($stomp, 'ERROR');
    that(index($frame->body, 'nowhere') >= 0, "ERROR says $frame->{body}");
    that(!$stomp->receive_frame({ timeout => PATIENCE }), 'a frame behind the ERROR');
}

my @cases;
for my $dialect ('activemq', 'rabbitmq') {
    my $in = sub { my ($name, $case) = @_; push @cases, "$name, $dialect" => sub { $case->($dialect) } };
    $in->('versions', \&versions);
    $in->('ack modes', \&ack_modes);
    $in->('ack by id', \&ack_by_id);
    $in->('nack', \&nack);
    $in->('transactions', \&transactions);
    $in->('headers', \&headers);
    $in->('binary', \&binary);
    $in->('temporary queue', \&temporary_queue);
    $in->('durable subscription', \&durable_subscription);
    $in->('error', \&error_frame);
    $in->('failover', \&failover);
    $in->('restart', \&restart);
}
push @cases, 'selector and prefetch, activemq' => \&selector_and_prefetch;
run(\@cases);
