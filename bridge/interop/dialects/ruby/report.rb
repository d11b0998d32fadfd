# Tells what a judge found: a line of JSON for each case, on the standard output.

require 'json'

# Why a client cannot judge a case.
class Skip < StandardError; end

def run(cases)
  $stdout.sync = true
  cases.each do |name, test|
    line = { case: name }
    begin
      test.call
    rescue Skip => e
      line[:skip] = e.message
    rescue StandardError, Timeout::Error => e
      line[:error] = e.full_message(highlight: false)
    end
    puts JSON.generate(line)
  end
  puts JSON.generate({ done: cases.size })
end

def equal(got, want, what = 'value')
  raise "#{what} is #{got.inspect}, not #{want.inspect}" unless got == want
end

def that(holds, claim)
  raise claim unless holds
end
