<?php
// Holds a house to what the extension stomp of PECL counts on, used as with ActiveMQ, which it was written
// for, and with RabbitMQ. Arguments: the addresses of the listeners for plain, activemq, artemis and rabbitmq,
// and that of the lever. Writes a line of JSON for each case.

require __DIR__ . '/report.php';

const PATIENCE = 180; // when a case gives up, in seconds; not what anything takes

error_reporting(E_ALL & ~E_WARNING);
ini_set('stomp.default_connection_timeout_sec', (string) PATIENCE);
ini_set('stomp.default_read_timeout_sec', (string) PATIENCE); // for CONNECTED as well
$at = array_combine(['plain', 'activemq', 'artemis', 'rabbitmq', 'lever'], array_slice($argv, 1));

function pull(string $order): void
{
    global $at;
    $s = stream_socket_client('tcp://' . $at['lever']);
    fwrite($s, "$order\n");
    equal(trim(fgets($s)), 'ok', "answer to $order");
}

function connect(string $dialect, array $headers = []): Stomp
{
    global $at;
    $stomp = new Stomp('tcp://' . $at[$dialect], 'guest', 'guest', $headers);
    $stomp->setReadTimeout(PATIENCE);
    return $stomp;
}

/** Connects with a client id that the server may not have seen go yet. */
function reconnect(string $dialect, array $headers): Stomp
{
    for ($end = time() + PATIENCE; ; ) {
        try {
            return connect($dialect, $headers);
        } catch (StompException $e) {
            if (time() > $end || !str_contains($e->getMessage() . $e->getDetails(), 'invalid client id')) {
                throw $e;
            }
        }
    }
}

/** A message with this body. */
function message(Stomp $stomp, string $body): StompFrame
{
    $frame = $stomp->readFrame();
    that($frame !== false, 'no message came: ' . $stomp->error());
    equal($frame->command, 'MESSAGE', 'frame');
    equal($frame->body, $body, 'body');
    return $frame;
}

/** Sends, and waits for the receipt, as the extension does for every frame that asks for one. */
function put(Stomp $stomp, string $destination, string $body, array $headers = []): void
{
    that($stomp->send($destination, $body, $headers + ['receipt' => 'sent']), 'no receipt: ' . $stomp->error());
}

/** Without headers the extension subscribes with ack:client and activemq.prefetchSize:1. */
function subscribe(Stomp $stomp, string $destination, array $headers = []): void
{
    that($stomp->subscribe($destination, $headers + ['receipt' => 'subscribed']), 'no receipt: ' . $stomp->error());
}

/** Waits until everything before it is done. */
function settled(Stomp $stomp): void
{
    that($stomp->begin('settled', ['receipt' => 'settled']), 'no receipt: ' . $stomp->error());
    $stomp->abort('settled');
}

function sessions(string $dialect): void
{
    $stomp = connect($dialect);
    that($stomp->getSessionId() !== '', 'no session');
    foreach (['1.0', '1.1', '1.2'] as $version) {
        connect($dialect, ['accept-version' => $version, 'host' => '/']);
    }
}

/** The mode is client and the prefetch 1 where none are named: what is not acknowledged comes again. */
function ack_modes(string $dialect): void
{
    $queue = "/queue/php.modes.$dialect";
    $stomp = connect($dialect);
    foreach (['one', 'two', 'three'] as $body) {
        put($stomp, $queue, $body, ['persistent' => 'true']);
    }
    subscribe($stomp, $queue, ['activemq.prefetchSize' => '10']);
    message($stomp, 'one');
    $stomp->ack(message($stomp, 'two')); // and all before it
    message($stomp, 'three');
    settled($stomp);
    unset($stomp); // closes the connection
    $stomp = connect($dialect, ['accept-version' => '1.1', 'host' => '/']);
    subscribe($stomp, $queue, ['id' => 's', 'ack' => 'client-individual']);
    $three = message($stomp, 'three');
    equal($three->headers['redelivered'], 'true', 'redelivered');
    $stomp->ack($three, ['subscription' => 's']);
    settled($stomp);
    that($stomp->unsubscribe($queue, ['id' => 's', 'receipt' => 'gone']), 'no receipt');
    subscribe($stomp, $queue, ['id' => 't', 'ack' => 'auto']);
    $stomp->send($queue, 'four');
    message($stomp, 'four');
}

/** One at a time, which is how the extension subscribes to ActiveMQ. */
function prefetch_of_one(): void
{
    $stomp = connect('activemq');
    put($stomp, '/queue/php.one', 'one');
    put($stomp, '/queue/php.one', 'two');
    subscribe($stomp, '/queue/php.one');
    $one = message($stomp, 'one');
    settled($stomp); // and nothing came before it
    $stomp->ack($one);
    $stomp->ack(message($stomp, 'two'));
    settled($stomp);
}

function transactions(string $dialect): void
{
    $queue = "/queue/php.tx.$dialect";
    $stomp = connect($dialect);
    $stomp->begin('t');
    $stomp->send($queue, 'never', ['transaction' => 't']);
    $stomp->abort('t');
    $stomp->begin('t');
    put($stomp, $queue, 'whole', ['transaction' => 't']);
    that($stomp->commit('t', ['receipt' => 'done']), 'no receipt');
    subscribe($stomp, $queue);
    $stomp->begin('u');
    $stomp->ack(message($stomp, 'whole'), ['transaction' => 'u']);
    that($stomp->commit('u', ['receipt' => 'done']), 'no receipt');
    unset($stomp);
    $stomp = connect($dialect);
    subscribe($stomp, $queue);
    put($stomp, $queue, 'next');
    $stomp->ack(message($stomp, 'next')); // and not the one that was taken
    settled($stomp);
}

/** In 1.0 there are no escapes: values come back as they were. */
function headers(string $dialect): void
{
    $queue = "/queue/php.headers.$dialect";
    $stomp = connect($dialect);
    put($stomp, $queue, 'grün €', ['colour' => 'grün €', 'address' => 'tcp://host:1', 'type' => 'order', 'correlation-id' => 'c']);
    subscribe($stomp, $queue);
    $m = message($stomp, 'grün €');
    foreach (['colour' => 'grün €', 'address' => 'tcp://host:1', 'type' => 'order', 'correlation-id' => 'c'] as $name => $want) {
        equal($m->headers[$name], $want, $name);
    }
    $stomp->ack($m);
    settled($stomp);
}

/** The extension writes a content-length for every body, and so may be any octets. */
function binary(string $dialect): void
{
    $queue = "/queue/php.binary.$dialect";
    $every = str_repeat(implode('', array_map('chr', range(0, 255))), 1000);
    $stomp = connect($dialect);
    foreach ([$every, 'text', "\0"] as $body) {
        put($stomp, $queue, $body);
    }
    subscribe($stomp, $queue, ['ack' => 'auto']);
    foreach ([$every, 'text', "\0"] as $body) {
        message($stomp, $body);
    }
}

/** A request with a reply-to that is a temporary queue, as each broker has them. */
function temporary_queue(string $dialect): void
{
    $queue = "/queue/php.rpc.$dialect";
    $client = connect($dialect);
    $server = connect($dialect);
    if ($dialect === 'activemq') {
        subscribe($client, '/temp-queue/mine');
    }
    subscribe($server, $queue);
    put($client, $queue, 'ask', ['reply-to' => '/temp-queue/mine']);
    put($server, message($server, 'ask')->headers['reply-to'], 'answer');
    message($client, 'answer');
}

/** An ERROR is an exception with what was wrong. */
function error_frame(string $dialect): void
{
    $stomp = connect($dialect);
    try {
        $stomp->send('nowhere', 'x', ['receipt' => 'never']);
    } catch (StompException $e) {
        that(str_contains($e->getMessage() . $e->getDetails(), 'nowhere'), 'it says ' . $e->getMessage());
        return;
    }
    that(str_contains((string) $stomp->error(), 'invalid request'), 'it says ' . $stomp->error());
}

/** The extension does not connect again; what its program connects anew finds everything there. */
function restart(string $dialect): void
{
    $queue = "/queue/php.restart.$dialect";
    $stomp = connect($dialect);
    put($stomp, $queue, 'before', ['persistent' => 'true']);
    subscribe($stomp, $queue);
    message($stomp, 'before');
    pull('stop');
    try {
        $frame = $stomp->readFrame();
        that($frame === false || $frame->command === 'ERROR', 'not the end, but ' . ($frame ? $frame->command : ''));
    } catch (StompException) { // the ERROR that says so
    }
    pull('start');
    $stomp = connect($dialect);
    subscribe($stomp, $queue);
    $again = message($stomp, 'before');
    equal($again->headers['redelivered'], 'true', 'redelivered');
    $stomp->ack($again);
    settled($stomp);
}

/** The names that each broker has for it. */
function durable_subscription(string $dialect): void
{
    $topic = "/topic/php.durable.$dialect";
    $client = ['client-id' => 'php', 'accept-version' => '1.1', 'host' => '/'];
    $as = ['id' => 'books'] + ($dialect === 'activemq' ? ['activemq.subscriptionName' => 'books'] : ['durable' => 'true', 'auto-delete' => 'false']);
    $stomp = connect($dialect, $client);
    subscribe($stomp, $topic, $as);
    unset($stomp);
    put(connect($dialect), $topic, 'away');
    $stomp = reconnect($dialect, $client);
    subscribe($stomp, $topic, $as);
    $stomp->ack(message($stomp, 'away'), ['subscription' => 'books']);
    that($stomp->unsubscribe($topic, $as + ['receipt' => 'gone']), 'no receipt');
}

$cases = [];
foreach (['activemq', 'rabbitmq'] as $dialect) {
    $names = ['sessions', 'ack_modes', 'transactions', 'headers', 'binary', 'temporary_queue', 'durable_subscription', 'error_frame', 'restart'];
    foreach ($names as $name) {
        $cases[strtr($name, '_', ' ') . ", $dialect"] = fn () => $name($dialect);
    }
}
$cases['prefetch of one, activemq'] = prefetch_of_one(...);
run($cases);
