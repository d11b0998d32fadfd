<?php
// Tells what a judge found: a line of JSON for each case, on the standard output.

/** Why a client cannot judge a case. */
final class Skip extends Exception
{
}

function run(array $cases): void
{
    foreach ($cases as $name => $case) {
        $line = ['case' => $name];
        try {
            $case();
        } catch (Skip $e) {
            $line['skip'] = $e->getMessage();
        } catch (Throwable $e) {
            $line['error'] = (string) $e;
        }
        echo json_encode($line, JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    }
    echo json_encode(['done' => count($cases)]), "\n";
}

function that(bool $holds, string $claim): void
{
    if (!$holds) {
        throw new RuntimeException($claim);
    }
}

function equal(mixed $got, mixed $want, string $what = 'value'): void
{
    if ($got !== $want) {
        throw new RuntimeException("$what is " . var_export($got, true) . ', not ' . var_export($want, true));
    }
}
