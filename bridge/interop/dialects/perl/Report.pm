package Report;

# Tells what a judge found: a line of JSON for each case, on the standard output.

use strict;
use warnings;
use Exporter 'import';
use JSON::PP;

our @EXPORT = qw(run equal that skip);

my $json = JSON::PP->new->canonical->ascii;

sub run {
    my ($cases, @args) = @_;
    $| = 1;
    my $done = 0;
    while (my ($name, $case) = splice @$cases, 0, 2) {
        my %line = (case => $name);
        if (!eval { $case->(@args); 1 }) {
            my $error = $@;
            if (ref $error eq 'Report::Skip') { $line{skip} = $$error }
            else                              { $line{error} = "$error" }
        }
        $done++;
        print $json->encode(\%line), "\n";
    }
    print "{\"done\": $done}\n";
}

# Why a client cannot judge a case.
sub skip { my $why = shift; die bless \$why, 'Report::Skip' }

sub that {
    my ($holds, $claim) = @_;
    die place() . "$claim\n" unless $holds;
}

sub equal {
    my ($got, $want, $what) = @_;
    return if defined $got && $got eq $want;
    $got = defined $got ? "'$got'" : 'undefined';
    die place() . "$what is $got, not '$want'\n";
}

# place is where a case claims something.
sub place {
    for (my $i = 1; my @c = caller $i; $i++) {
        my ($package, $file, $line) = caller $i;
        return "$file:$line: " if $package eq 'main';
    }
    return '';
}

1;
