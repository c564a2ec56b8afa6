
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'synrecv-doctor' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'synrecv-doctor'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'synrecv-doctor' {
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Watch for this long (5s, 1m; 0 = one look)')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Look at the frames of handshakes while watching (auto = where it is permitted)')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--peer', '--peer', [CompletionResultType]::ParameterName, 'Only connections from this address or prefix')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Only connections to this local port')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others')
            [CompletionResult]::new('--redact-key', '--redact-key', [CompletionResultType]::ParameterName, 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Least severity that makes the exit status 1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--explain-parse', '--explain-parse', [CompletionResultType]::ParameterName, 'Print each line of a text with what was taken from it, and judge nothing')
            [CompletionResult]::new('--probe', '--probe', [CompletionResultType]::ParameterName, 'Ask the network what decides between the causes that are left: sends packets, and says before how many at most (this host only)')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('--keep-oui', '--keep-oui', [CompletionResultType]::ParameterName, 'Leave the vendor''s number in link-layer addresses')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('diagnose', 'diagnose', [CompletionResultType]::ParameterValue, 'Find out why connections are stuck (the default command)')
            [CompletionResult]::new('sockets', 'sockets', [CompletionResultType]::ParameterValue, 'TCP sockets: queues of listeners, both retry counters of requests')
            [CompletionResult]::new('arp', 'arp', [CompletionResultType]::ParameterValue, 'The ARP and ND tables, marked')
            [CompletionResult]::new('route', 'route', [CompletionResultType]::ParameterValue, 'Routing rules and the routes of all tables, or the kernel''s answer for one peer')
            [CompletionResult]::new('interfaces', 'interfaces', [CompletionResultType]::ParameterValue, 'Devices, addresses with the prefixes they claim, settings in force')
            [CompletionResult]::new('trace', 'trace', [CompletionResultType]::ParameterValue, 'The way that packets take to a peer, hop by hop (sends packets)')
            [CompletionResult]::new('collect', 'collect', [CompletionResultType]::ParameterValue, 'Save what `diagnose` would look at in one file, to be diagnosed elsewhere')
            [CompletionResult]::new('ask', 'ask', [CompletionResultType]::ParameterValue, 'What somebody who has the host should run and send: the shortest list that decides')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Diagnose a recorded incident, built in; needs no rights and looks at nothing')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'The manual of a finding, or the list of findings')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'All checks and what each needs')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'The JSON Schema of an output')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'A script that completes the command line in a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'The manual page, in roff')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'synrecv-doctor;diagnose' {
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Watch for this long (5s, 1m; 0 = one look)')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Look at the frames of handshakes while watching (auto = where it is permitted)')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--peer', '--peer', [CompletionResultType]::ParameterName, 'Only connections from this address or prefix')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Only connections to this local port')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others')
            [CompletionResult]::new('--redact-key', '--redact-key', [CompletionResultType]::ParameterName, 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Least severity that makes the exit status 1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--explain-parse', '--explain-parse', [CompletionResultType]::ParameterName, 'Print each line of a text with what was taken from it, and judge nothing')
            [CompletionResult]::new('--probe', '--probe', [CompletionResultType]::ParameterName, 'Ask the network what decides between the causes that are left: sends packets, and says before how many at most (this host only)')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('--keep-oui', '--keep-oui', [CompletionResultType]::ParameterName, 'Leave the vendor''s number in link-layer addresses')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'synrecv-doctor;sockets' {
            [CompletionResult]::new('--state', '--state', [CompletionResultType]::ParameterName, 'Only these states, as ss or netstat writes them; repeatable (default: listen, syn-recv)')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Only sockets with this local port')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Where to read: sock_diag or /proc/net/tcp and nothing else, or both, joined row by row, with the processes and options of listeners')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Watch for this long (5s, 1m), and show what changed; Ctrl-C ends it')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Every state')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;arp' {
            [CompletionResult]::new('--probe', '--probe', [CompletionResultType]::ParameterName, 'Ask the network who answers for these addresses, and list every answer: sends ARP questions and neighbour solicitations, three for each address at most, and two addresses that nobody should own beside them')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--own-mac', '--own-mac', [CompletionResultType]::ParameterName, 'Ask with the MAC of the device rather than a made-up one, where the network filters those, or where a switch shuts ports on which a second MAC shows (port security); the kernel takes the answers too, and its entries can change')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;route' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Also the table `local`, broadcast and multicast (JSON always has them)')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Ask the kernel which way packets to a peer leave, and say why')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'synrecv-doctor;route;get' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Source address (default: the one that the kernel chooses)')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Local TCP port, for rules that look at ports or protocol')
            [CompletionResult]::new('--mark', '--mark', [CompletionResultType]::ParameterName, 'Mark of the packet, as the listener''s SO_MARK sets it (decimal or 0x..)')
            [CompletionResult]::new('--uid', '--uid', [CompletionResultType]::ParameterName, 'User that owns the socket (default: the caller)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;route;help' {
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Ask the kernel which way packets to a peer leave, and say why')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'synrecv-doctor;route;help;get' {
            break
        }
        'synrecv-doctor;route;help;help' {
            break
        }
        'synrecv-doctor;interfaces' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;trace' {
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Source address, such as the local end of a stuck connection (default: the kernel chooses)')
            [CompletionResult]::new('--method', '--method', [CompletionResultType]::ParameterName, 'What is sent')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port of the peer (default: 33434 for udp, 80 for tcp)')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: every row, also those that are grouped or hidden')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'synrecv-doctor;collect' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'The bundle to write; a file of this name is replaced')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'The bundle to write; a file of this name is replaced')
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Watch for this long (5s, 1m; 0 = one look)')
            [CompletionResult]::new('--capture', '--capture', [CompletionResultType]::ParameterName, 'Look at the frames of handshakes while watching (auto = where it is permitted)')
            [CompletionResult]::new('--netns', '--netns', [CompletionResultType]::ParameterName, 'Look into another network namespace: a name of `ip netns`, a path, or a process id')
            [CompletionResult]::new('--peer', '--peer', [CompletionResultType]::ParameterName, 'Only connections from this address or prefix')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Only connections to this local port')
            [CompletionResult]::new('--redact', '--redact', [CompletionResultType]::ParameterName, 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others')
            [CompletionResult]::new('--redact-key', '--redact-key', [CompletionResultType]::ParameterName, 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]')
            [CompletionResult]::new('--load-modules', '--load-modules', [CompletionResultType]::ParameterName, 'Allow reading that makes the kernel load a module (sock_diag)')
            [CompletionResult]::new('--keep-oui', '--keep-oui', [CompletionResultType]::ParameterName, 'Leave the vendor''s number in link-layer addresses')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'No progress and no summary on standard error')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'No progress and no summary on standard error')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'synrecv-doctor;ask' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'A list with reasons, or a shell script whose output is imported with certainty')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'synrecv-doctor;demo' {
            [CompletionResult]::new('--observe', '--observe', [CompletionResultType]::ParameterName, 'Taken as `diagnose` takes it; the recording has its own length')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'Format of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable')
            [CompletionResult]::new('--fail-on', '--fail-on', [CompletionResultType]::ParameterName, 'Least severity that makes the exit status 1')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'synrecv-doctor;explain' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;checks' {
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--width', '--width', [CompletionResultType]::ParameterName, 'Columns of text output (default: the terminal''s, or 100)')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Only the verdict line')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'More: all rows, passed checks, commands to re-check the evidence')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;schema' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'synrecv-doctor;completions' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;man' {
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'synrecv-doctor;help' {
            [CompletionResult]::new('diagnose', 'diagnose', [CompletionResultType]::ParameterValue, 'Find out why connections are stuck (the default command)')
            [CompletionResult]::new('sockets', 'sockets', [CompletionResultType]::ParameterValue, 'TCP sockets: queues of listeners, both retry counters of requests')
            [CompletionResult]::new('arp', 'arp', [CompletionResultType]::ParameterValue, 'The ARP and ND tables, marked')
            [CompletionResult]::new('route', 'route', [CompletionResultType]::ParameterValue, 'Routing rules and the routes of all tables, or the kernel''s answer for one peer')
            [CompletionResult]::new('interfaces', 'interfaces', [CompletionResultType]::ParameterValue, 'Devices, addresses with the prefixes they claim, settings in force')
            [CompletionResult]::new('trace', 'trace', [CompletionResultType]::ParameterValue, 'The way that packets take to a peer, hop by hop (sends packets)')
            [CompletionResult]::new('collect', 'collect', [CompletionResultType]::ParameterValue, 'Save what `diagnose` would look at in one file, to be diagnosed elsewhere')
            [CompletionResult]::new('ask', 'ask', [CompletionResultType]::ParameterValue, 'What somebody who has the host should run and send: the shortest list that decides')
            [CompletionResult]::new('demo', 'demo', [CompletionResultType]::ParameterValue, 'Diagnose a recorded incident, built in; needs no rights and looks at nothing')
            [CompletionResult]::new('explain', 'explain', [CompletionResultType]::ParameterValue, 'The manual of a finding, or the list of findings')
            [CompletionResult]::new('checks', 'checks', [CompletionResultType]::ParameterValue, 'All checks and what each needs')
            [CompletionResult]::new('schema', 'schema', [CompletionResultType]::ParameterValue, 'The JSON Schema of an output')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'A script that completes the command line in a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'The manual page, in roff')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'synrecv-doctor;help;diagnose' {
            break
        }
        'synrecv-doctor;help;sockets' {
            break
        }
        'synrecv-doctor;help;arp' {
            break
        }
        'synrecv-doctor;help;route' {
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Ask the kernel which way packets to a peer leave, and say why')
            break
        }
        'synrecv-doctor;help;route;get' {
            break
        }
        'synrecv-doctor;help;interfaces' {
            break
        }
        'synrecv-doctor;help;trace' {
            break
        }
        'synrecv-doctor;help;collect' {
            break
        }
        'synrecv-doctor;help;ask' {
            break
        }
        'synrecv-doctor;help;demo' {
            break
        }
        'synrecv-doctor;help;explain' {
            break
        }
        'synrecv-doctor;help;checks' {
            break
        }
        'synrecv-doctor;help;schema' {
            break
        }
        'synrecv-doctor;help;completions' {
            break
        }
        'synrecv-doctor;help;man' {
            break
        }
        'synrecv-doctor;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
