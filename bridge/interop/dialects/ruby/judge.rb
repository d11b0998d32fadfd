# Holds a house to what the gem stomp counts on, used as with ActiveMQ, which it was written for, and with
# RabbitMQ. Arguments: the addresses of the listeners for plain, activemq, artemis and rabbitmq, and that of
# the lever. Writes a line of JSON for each case.

require 'socket'
require 'stomp'
require 'timeout'
require_relative 'report'

PATIENCE = 180 # when a case gives up, in seconds; not what anything takes
AT = %w[plain activemq artemis rabbitmq lever].zip(ARGV).to_h
SILENT = Class.new { def on_miscerr(*) = nil; def on_connectfail(*) = nil }.new

def pull(order)
  host, port = AT['lever'].split(':')
  TCPSocket.open(host, port) do |s|
    s.puts(order)
    equal(s.gets.chomp, 'ok', "answer to #{order}")
  end
end

# options are those that the gem's connections are set up with.
def options(dialect, version, headers = {}, **more)
  host, port = AT[dialect].split(':')
  connect = version == '1.0' ? {} : { 'accept-version' => version, 'host' => '/' }
  {
    hosts: [{ login: 'guest', passcode: 'guest', host: host, port: port.to_i }],
    reliable: false, logger: SILENT, parse_timeout: PATIENCE, connect_headers: connect.merge(headers), **more
  }
end

# session runs a case with a connection, which is closed afterwards with a receipt.
def session(dialect, version = '1.2', headers = {}, **more)
  conn = Stomp::Connection.new(options(dialect, version, headers, **more))
  equal(conn.connection_frame.command, 'CONNECTED', "answer to CONNECT #{conn.connection_frame.body}")
  yield conn
  conn.disconnect(receipt: 'bye')
  equal(conn.disconnect_receipt.headers['receipt-id'], 'bye', 'receipt of DISCONNECT')
end

# following is the next frame, which is of this kind.
def following(conn, want)
  m = Timeout.timeout(PATIENCE) { conn.receive }
  that(m, "no #{want} came")
  equal(m.command, want, "frame #{m.headers['message']} #{m.body}")
  m
end

def message(conn, body)
  m = following(conn, 'MESSAGE')
  equal(m.body.b, body.b, 'body')
  m
end

def put(conn, destination, body, headers = {})
  conn.publish(destination, body, headers.merge(receipt: 'sent'))
  equal(following(conn, 'RECEIPT').headers['receipt-id'], 'sent', 'receipt-id')
end

def subscribe(conn, destination, headers = {})
  conn.subscribe(destination, { id: 's', receipt: 'subscribed' }.merge(headers))
  equal(following(conn, 'RECEIPT').headers['receipt-id'], 'subscribed', 'receipt-id')
end

# settled waits until everything before it is done.
def settled(conn)
  conn.begin('settled', receipt: 'settled')
  equal(following(conn, 'RECEIPT').headers['receipt-id'], 'settled', 'receipt-id')
  conn.abort('settled')
end

# ack_id is what ACK and NACK name a message by.
def ack_id(conn, message) = message.headers[conn.protocol == '1.2' ? 'ack' : 'message-id']

def ack(conn, message) = conn.ack(ack_id(conn, message), subscription: 's')

def versions(dialect)
  %w[1.0 1.1 1.2].each do |version|
    session(dialect, version) do |conn|
      equal(conn.protocol, version, 'version')
      server = conn.connection_frame.headers['server']
      that(server.start_with?(dialect == 'activemq' ? 'ActiveMQ/' : 'RabbitMQ/'), "server is #{server}")
    end
  end
  session(dialect, '1.0,1.1,1.2', stompconn: true) { |conn| equal(conn.protocol, '1.2', 'version') }
end

# One message after the other, by each mode and in each version.
def ack_modes(dialect)
  %w[1.0 1.1 1.2].each do |version|
    queue = "/queue/ruby.modes.#{dialect}.#{version}"
    session(dialect, version) do |conn|
      %w[one two three].each { |body| put(conn, queue, body, persistent: true) }
      subscribe(conn, queue, ack: 'client')
      message(conn, 'one')
      ack(conn, message(conn, 'two')) # and all before it
      message(conn, 'three')
      settled(conn)
    end
    session(dialect, version) do |conn|
      subscribe(conn, queue, ack: version == '1.0' ? 'client' : 'client-individual')
      three = message(conn, 'three')
      equal(three.headers['redelivered'], 'true', 'redelivered')
      ack(conn, three)
      conn.unsubscribe(queue, id: 's')
      subscribe(conn, queue) # auto
      conn.publish(queue, 'four')
      message(conn, 'four')
    end
  end
end

# ActiveMQ makes a dead letter of it, RabbitMQ sends it again.
def nack(dialect)
  %w[1.1 1.2].each do |version|
    queue = "/queue/ruby.nack.#{dialect}.#{version}"
    session(dialect, version) do |conn|
      put(conn, queue, 'bad')
      subscribe(conn, queue, ack: 'client')
      conn.nack(ack_id(conn, message(conn, 'bad')), subscription: 's')
      if dialect == 'activemq'
        conn.unsubscribe(queue, id: 's')
        subscribe(conn, '/queue/ActiveMQ.DLQ', ack: 'auto')
        equal(message(conn, 'bad').headers['original-destination'], queue, 'original-destination')
      else
        again = message(conn, 'bad')
        equal(again.headers['redelivered'], 'true', 'redelivered')
        ack(conn, again)
      end
      settled(conn)
    end
  end
end

def transactions(dialect)
  queue = "/queue/ruby.tx.#{dialect}"
  session(dialect) do |conn|
    conn.begin('t')
    conn.publish(queue, 'never', transaction: 't')
    conn.abort('t')
    conn.begin('t')
    put(conn, queue, 'one', transaction: 't')
    put(conn, queue, 'two', transaction: 't')
    conn.commit('t', receipt: 'done')
    following(conn, 'RECEIPT')
    subscribe(conn, queue, ack: 'client-individual')
    conn.begin('u')
    conn.ack(message(conn, 'one').headers['ack'], transaction: 'u')
    conn.ack(message(conn, 'two').headers['ack'], transaction: 'u')
    conn.abort('u')
    settled(conn)
  end
  session(dialect) do |conn| # what was acknowledged in vain comes again
    subscribe(conn, queue, ack: 'auto')
    message(conn, 'one')
    message(conn, 'two')
  end
end

def escapes(dialect)
  value = "colon: backslash \\ grün € line\nend"
  { '1.1' => value, '1.2' => "#{value}\rreturn" }.each do |version, text|
    queue = "/queue/ruby.escapes.#{dialect}.#{version}"
    session(dialect, version) do |conn|
      put(conn, queue, 'ü', 'a:b' => text, 'correlation-id' => 'x: 1', 'type' => 'order')
      subscribe(conn, queue)
      m = message(conn, 'ü')
      equal(m.headers['a:b'], text, 'header')
      equal(m.headers['correlation-id'], 'x: 1', 'correlation-id')
      equal(m.headers['type'], 'order', 'type')
    end
  end
end

# Lines that end as Windows has them, which 1.2 allows.
def carriage_returns(dialect)
  queue = "/queue/ruby.crlf.#{dialect}"
  session(dialect, '1.2', usecrlf: true) do |conn|
    put(conn, queue, "body\r\n", colour: 'red')
    subscribe(conn, queue)
    equal(message(conn, "body\r\n").headers['colour'], 'red', 'header')
  end
end

# Any octets, with a length; without one, as for a text message of ActiveMQ, up to the first NUL.
def binary(dialect)
  every = (0..255).map(&:chr).join.b * 1000
  queue = "/queue/ruby.binary.#{dialect}"
  session(dialect, '1.2', autoflush: true) do |conn|
    put(conn, queue, every)
    put(conn, queue, '')
    put(conn, queue, 'text', suppress_content_length: true)
    subscribe(conn, queue)
    message(conn, every)
    message(conn, '')
    message(conn, 'text')
  end
end

def heartbeats(dialect)
  session(dialect, '1.2', { 'heart-beat' => '500,500' }) do |conn|
    queue = "/queue/ruby.beats.#{dialect}"
    subscribe(conn, queue)
    Timeout.timeout(PATIENCE) do # a beat of a busy machine may be late, and then the next is not
      sleep(0.05) until conn.hbrecv_count >= 2 && conn.hbsend_count >= 2 && conn.hb_received && conn.hb_sent
    end
    conn.publish(queue, 'still here')
    message(conn, 'still here')
  end
end

# The client with listeners: receipts and replays in blocks of its own.
def client(dialect)
  queue, heard = "/queue/ruby.client.#{dialect}", Queue.new
  c = Stomp::Client.new(options(dialect, '1.1'))
  c.subscribe(queue, ack: 'client') { |m| heard << m }
  c.publish(queue, 'one') { |r| heard << r }
  got = Array.new(2) { Timeout.timeout(PATIENCE) { heard.pop } }
  equal(got.map(&:command).sort, %w[MESSAGE RECEIPT], 'frames')
  one = got.find { |m| m.command == 'MESSAGE' }
  c.begin('t')
  c.ack(one, transaction: 't')
  c.abort('t') # replays it
  equal(Timeout.timeout(PATIENCE) { heard.pop }.body, 'one', 'replay')
  c.ack(one) { |r| heard << r }
  equal(Timeout.timeout(PATIENCE) { heard.pop }.command, 'RECEIPT', 'frame')
  c.close
end

# unreceive sends a message again in a transaction with its ACK, and to a dead-letter queue at last.
def unreceive(dialect)
  queue, dead = "/queue/ruby.again.#{dialect}", "/queue/ruby.dead.#{dialect}"
  session(dialect, '1.1') do |conn|
    put(conn, queue, 'poison')
    subscribe(conn, queue, ack: 'client')
    2.times do |n|
      m = message(conn, 'poison')
      equal(m.headers['retry_count'].to_i, n, 'retry_count')
      id = m.headers['message-id']
      conn.unreceive(m, dead_letter_queue: dead, max_redeliveries: 1, force_client_ack: false)
      conn.ack(id, subscription: 's')
    end
    settled(conn)
    conn.unsubscribe(queue, id: 's')
    subscribe(conn, dead)
    equal(message(conn, 'poison').headers['original_destination'], queue, 'original_destination')
  end
end

# A reliable connection comes again by itself when the server does, and subscribes again.
def restart(dialect)
  queue = "/queue/ruby.restart.#{dialect}"
  conn = Stomp::Connection.new(options(dialect, '1.1', reliable: true, initial_reconnect_delay: 0.1, max_reconnect_delay: 1))
  put(conn, queue, 'before', persistent: true)
  conn.subscribe(queue, { ack: 'client' }, 's')
  message(conn, 'before')
  pull('stop')
  pull('start')
  following(conn, 'ERROR') # the server has said that it goes
  again = message(conn, 'before')
  equal(again.headers['redelivered'], 'true', 'redelivered')
  ack(conn, again)
  conn.publish(queue, 'after')
  ack(conn, message(conn, 'after'))
  settled(conn)
  conn.disconnect
end

# The address of a server that is gone, and that of one that is there.
def failover(dialect)
  dead = TCPServer.new('127.0.0.1', 0)
  gone = dead.addr[1]
  dead.close
  url = "failover:(stomp://guest:guest@127.0.0.1:#{gone},stomp://guest:guest@#{AT[dialect]})?randomize=false&initialReconnectDelay=100"
  c = Stomp::Client.new(url)
  told = Queue.new
  c.publish("/queue/ruby.failover.#{dialect}", 'there') { |r| told << r }
  equal(Timeout.timeout(PATIENCE) { told.pop }.command, 'RECEIPT', 'frame')
  c.close
end

# A request with a reply-to that is a temporary queue, as each broker has them.
def temporary_queue(dialect)
  queue = "/queue/ruby.rpc.#{dialect}"
  session(dialect) do |one|
    session(dialect) do |two|
      subscribe(one, '/temp-queue/mine') if dialect == 'activemq'
      subscribe(two, queue)
      put(one, queue, 'ask', 'reply-to' => '/temp-queue/mine')
      put(two, message(two, 'ask').headers['reply-to'], 'answer')
      message(one, 'answer')
    end
  end
end

# The names that each broker has for it.
def durable_subscription(dialect)
  topic = "/topic/ruby.durable.#{dialect}"
  as = dialect == 'activemq' ? { 'activemq.subscriptionName' => 'books' } : { 'durable' => 'true', 'auto-delete' => 'false' }
  session(dialect, '1.1', { 'client-id' => 'ruby' }) { |conn| subscribe(conn, topic, { ack: 'client', id: 'books' }.merge(as)) }
  session(dialect) { |conn| put(conn, topic, 'away') }
  session(dialect, '1.1', { 'client-id' => 'ruby' }) do |conn|
    subscribe(conn, topic, { ack: 'client', id: 'books' }.merge(as))
    conn.ack(message(conn, 'away').headers['message-id'], subscription: 'books')
    conn.unsubscribe(topic, { id: 'books' }.merge(as))
    settled(conn)
  end
end

# ActiveMQ's own: selectors, one message at a time, both of two destinations.
def activemq_headers
  queue = '/queue/ruby.chosen'
  session('activemq') do |conn|
    (1..3).each { |n| put(conn, "#{queue},/queue/ruby.copies", "size #{n}", size: n, priority: n) }
    subscribe(conn, queue, 'ack' => 'client-individual', 'selector' => 'size BETWEEN 2 AND 3', 'activemq.prefetchSize' => 1)
    first = message(conn, 'size 3') # has the higher priority
    settled(conn) # and nothing came before it: one at a time
    ack(conn, first)
    ack(conn, message(conn, 'size 2'))
    settled(conn)
  end
end

cases = {}
%w[activemq rabbitmq].each do |dialect|
  %i[versions ack_modes nack transactions escapes carriage_returns binary heartbeats client unreceive temporary_queue
     durable_subscription failover restart].each do |name|
    cases["#{name.to_s.tr('_', ' ')}, #{dialect}"] = -> { send(name, dialect) }
  end
end
cases['headers of ActiveMQ'] = -> { activemq_headers }
run(cases)
