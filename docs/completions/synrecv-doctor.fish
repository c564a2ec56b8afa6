# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_synrecv_doctor_global_optspecs
    string join \n explain-parse probe observe= capture= netns= load-modules peer= port= redact= redact-key= keep-oui format= output= fail-on= color= width= q/quiet v/verbose h/help V/version
end

function __fish_synrecv_doctor_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_synrecv_doctor_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_synrecv_doctor_using_subcommand
    set -l cmd (__fish_synrecv_doctor_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l observe -d 'Watch for this long (5s, 1m; 0 = one look)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l capture -d 'Look at the frames of handshakes while watching (auto = where it is permitted)' -r -f -a "auto\t''
on\t''
off\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l peer -d 'Only connections from this address or prefix' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l port -d 'Only connections to this local port' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l redact -d 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others' -r -f -a "strict\t'Also names of processes, devices and chains'"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l redact-key -d 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l format -d 'Format of standard output' -r -f -a "text\t''
markdown\t'For a ticket'
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l output -d 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l fail-on -d 'Least severity that makes the exit status 1' -r -f -a "problem\t''
warning\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l explain-parse -d 'Print each line of a text with what was taken from it, and judge nothing'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l probe -d 'Ask the network what decides between the causes that are left: sends packets, and says before how many at most (this host only)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -l keep-oui -d 'Leave the vendor\'s number in link-layer addresses'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -s q -l quiet -d 'Only the verdict line'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -s v -l verbose -d 'More: all rows, passed checks, commands to re-check the evidence'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -s V -l version -d 'Print version'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "diagnose" -d 'Find out why connections are stuck (the default command)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "sockets" -d 'TCP sockets: queues of listeners, both retry counters of requests'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "arp" -d 'The ARP and ND tables, marked'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "route" -d 'Routing rules and the routes of all tables, or the kernel\'s answer for one peer'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "interfaces" -d 'Devices, addresses with the prefixes they claim, settings in force'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "trace" -d 'The way that packets take to a peer, hop by hop (sends packets)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "collect" -d 'Save what `diagnose` would look at in one file, to be diagnosed elsewhere'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "ask" -d 'What somebody who has the host should run and send: the shortest list that decides'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "demo" -d 'Diagnose a recorded incident, built in; needs no rights and looks at nothing'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "explain" -d 'The manual of a finding, or the list of findings'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "checks" -d 'All checks and what each needs'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "schema" -d 'The JSON Schema of an output'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "completions" -d 'A script that completes the command line in a shell'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "man" -d 'The manual page, in roff'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l observe -d 'Watch for this long (5s, 1m; 0 = one look)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l capture -d 'Look at the frames of handshakes while watching (auto = where it is permitted)' -r -f -a "auto\t''
on\t''
off\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l peer -d 'Only connections from this address or prefix' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l port -d 'Only connections to this local port' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l redact -d 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others' -r -f -a "strict\t'Also names of processes, devices and chains'"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l redact-key -d 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l format -d 'Format of standard output' -r -f -a "text\t''
markdown\t'For a ticket'
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l output -d 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l fail-on -d 'Least severity that makes the exit status 1' -r -f -a "problem\t''
warning\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l explain-parse -d 'Print each line of a text with what was taken from it, and judge nothing'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l probe -d 'Ask the network what decides between the causes that are left: sends packets, and says before how many at most (this host only)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -l keep-oui -d 'Leave the vendor\'s number in link-layer addresses'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -s q -l quiet -d 'Only the verdict line'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -s v -l verbose -d 'More: all rows, passed checks, commands to re-check the evidence'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand diagnose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l state -d 'Only these states, as ss or netstat writes them; repeatable (default: listen, syn-recv)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l port -d 'Only sockets with this local port' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l source -d 'Where to read: sock_diag or /proc/net/tcp and nothing else, or both, joined row by row, with the processes and options of listeners' -r -f -a "diag\t''
proc\t''
both\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l observe -d 'Watch for this long (5s, 1m), and show what changed; Ctrl-C ends it' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l format -d 'Format of standard output' -r -f -a "text\t''
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l all -d 'Every state'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -s v -l verbose -d 'More: every row, also those that are grouped or hidden'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand sockets" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l probe -d 'Ask the network who answers for these addresses, and list every answer: sends ARP questions and neighbour solicitations, three for each address at most, and two addresses that nobody should own beside them' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l format -d 'Format of standard output' -r -f -a "text\t''
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l own-mac -d 'Ask with the MAC of the device rather than a made-up one, where the network filters those, or where a switch shuts ports on which a second MAC shows (port security); the kernel takes the answers too, and its entries can change'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -s v -l verbose -d 'More: every row, also those that are grouped or hidden'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand arp" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -l format -d 'Format of standard output' -r -f -a "text\t''
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -l all -d 'Also the table `local`, broadcast and multicast (JSON always has them)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -s v -l verbose -d 'More: every row, also those that are grouped or hidden'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -a "get" -d 'Ask the kernel which way packets to a peer leave, and say why'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and not __fish_seen_subcommand_from get help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l from -d 'Source address (default: the one that the kernel chooses)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l port -d 'Local TCP port, for rules that look at ports or protocol' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l mark -d 'Mark of the packet, as the listener\'s SO_MARK sets it (decimal or 0x..)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l uid -d 'User that owns the socket (default: the caller)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l format -d 'Format of standard output' -r -f -a "text\t''
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -s v -l verbose -d 'More: every row, also those that are grouped or hidden'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from help" -f -a "get" -d 'Ask the kernel which way packets to a peer leave, and say why'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand route; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -l format -d 'Format of standard output' -r -f -a "text\t''
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -s v -l verbose -d 'More: every row, also those that are grouped or hidden'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand interfaces" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l from -d 'Source address, such as the local end of a stuck connection (default: the kernel chooses)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l method -d 'What is sent' -r -f -a "udp\t'Datagrams'
icmp\t'Echo requests'
tcp\t'SYNs; a connection that is accepted is reset at once'"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l port -d 'Port of the peer (default: 33434 for udp, 80 for tcp)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l format -d 'Format of standard output' -r -f -a "text\t''
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -s v -l verbose -d 'More: every row, also those that are grouped or hidden'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand trace" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -s o -l output -d 'The bundle to write; a file of this name is replaced' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l observe -d 'Watch for this long (5s, 1m; 0 = one look)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l capture -d 'Look at the frames of handshakes while watching (auto = where it is permitted)' -r -f -a "auto\t''
on\t''
off\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l netns -d 'Look into another network namespace: a name of `ip netns`, a path, or a process id' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l peer -d 'Only connections from this address or prefix' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l port -d 'Only connections to this local port' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l redact -d 'Write pseudonyms in place of addresses, link-layer addresses and names of hosts; strict: also of processes, devices and chains. The diagnosis stays the same, or nothing is written. Who knows some of the addresses can still tell prefixes of others' -r -f -a "strict\t'Also names of processes, devices and chains'"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l redact-key -d 'File with the key of pseudonyms, made where there is none; what was written with one key has the same pseudonyms. none = a key that is not kept [default: $XDG_STATE_HOME/synrecv-doctor/redact.key]' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l load-modules -d 'Allow reading that makes the kernel load a module (sock_diag)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -l keep-oui -d 'Leave the vendor\'s number in link-layer addresses'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -s q -l quiet -d 'No progress and no summary on standard error'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand collect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand ask" -l format -d 'A list with reasons, or a shell script whose output is imported with certainty' -r -f -a "text\t''
sh\t'A script for the one who has the host'"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand ask" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -l observe -d 'Taken as `diagnose` takes it; the recording has its own length' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -l format -d 'Format of standard output' -r -f -a "text\t''
markdown\t'For a ticket'
json\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -l output -d 'Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable' -r -F
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -l fail-on -d 'Least severity that makes the exit status 1' -r -f -a "problem\t''
warning\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -s q -l quiet -d 'Only the verdict line'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -s v -l verbose -d 'More: all rows, passed checks, commands to re-check the evidence'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand explain" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand explain" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand explain" -s q -l quiet -d 'Only the verdict line'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand explain" -s v -l verbose -d 'More: all rows, passed checks, commands to re-check the evidence'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand explain" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand checks" -l color -d 'When to colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand checks" -l width -d 'Columns of text output (default: the terminal\'s, or 100)' -r
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand checks" -s q -l quiet -d 'Only the verdict line'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand checks" -s v -l verbose -d 'More: all rows, passed checks, commands to re-check the evidence'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand checks" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand completions" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand man" -s h -l help -d 'Print help'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "diagnose" -d 'Find out why connections are stuck (the default command)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "sockets" -d 'TCP sockets: queues of listeners, both retry counters of requests'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "arp" -d 'The ARP and ND tables, marked'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "route" -d 'Routing rules and the routes of all tables, or the kernel\'s answer for one peer'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "interfaces" -d 'Devices, addresses with the prefixes they claim, settings in force'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "trace" -d 'The way that packets take to a peer, hop by hop (sends packets)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "collect" -d 'Save what `diagnose` would look at in one file, to be diagnosed elsewhere'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "ask" -d 'What somebody who has the host should run and send: the shortest list that decides'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "demo" -d 'Diagnose a recorded incident, built in; needs no rights and looks at nothing'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "explain" -d 'The manual of a finding, or the list of findings'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "checks" -d 'All checks and what each needs'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "schema" -d 'The JSON Schema of an output'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "completions" -d 'A script that completes the command line in a shell'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "man" -d 'The manual page, in roff'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and not __fish_seen_subcommand_from diagnose sockets arp route interfaces trace collect ask demo explain checks schema completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c synrecv-doctor -n "__fish_synrecv_doctor_using_subcommand help; and __fish_seen_subcommand_from route" -f -a "get" -d 'Ask the kernel which way packets to a peer leave, and say why'
