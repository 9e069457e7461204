using System.Net;
using System.Net.Sockets;
using Cmud.Grains.Interfaces;
using Cmud.Silo;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Unit;

public sealed class ServerCommandTests
{
    private const string Address = "but must be HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:6000 or [::1]:6000.";
    private const string Port = "but must be a number from 1 to 65535, such as 6000.";
    private const string Http = "but must be a number from 1 to 65535, such as 8080, or left out for no HTTP.";
    private const string Count = "but must be a number from 1 to 256: how many query grains the server has, each with a full replica.";
    private const string Reserve = "but must be an amount of bytes from 0 to 1048576 GiB, such as 64MiB or 1GiB.";
    private const string Own = "is this server itself; give the address of another server, or leave --join out to start the first one.";
    private const string Remedy = "give certificates (cmud cert init makes some), or take that upon yourself with --insecure.";
    private const string Host = "but must be an IP address of this machine: 127.0.0.1 for this machine only, 0.0.0.0 (with --advertise) for all its addresses.";

    [Theory]
    [InlineData("--port is '0' " + Port, "--port", "0")]
    [InlineData("--port is '-1' " + Port, "--port", "-1")]
    [InlineData("--port is '70000' " + Port, "--port=70000")]
    [InlineData("--port is 'abc' " + Port, "--port", "abc")]
    [InlineData("--port is '99999999999' " + Port, "--port", "99999999999")]
    [InlineData("--port needs a value; run with --help to see the options.", "--port")]
    [InlineData("--name needs a value; run with --help to see the options.", "--name", "--ephemeral")]
    [InlineData("--port may be given only once; run with --help to see the options.", "--port", "1", "--port", "2")]
    [InlineData("--port 65535 with --count 2 needs the ports up to 65537, but there are only 65535; choose a --port of at most 65533.", "--port", "65535", "--count", "2")]
    [InlineData("--http is '0' " + Http, "--http", "0")]
    [InlineData("--http is 'x' " + Http, "--http", "x")]
    [InlineData("--http 6000 is a port that this server needs itself: 6000 is its gateway, and RESP is on 6001-6002; choose another --http.", "--http", "6000", "--count", "2")]
    [InlineData("--http 6002 is a port that this server needs itself: 6000 is its gateway, and RESP is on 6001-6002; choose another --http.", "--http", "6002", "--count", "2")]
    [InlineData("--count is '0' " + Count, "--count", "0")]
    [InlineData("--count is '-1' " + Count, "--count", "-1")]
    [InlineData("--count is '9999' " + Count, "--count", "9999")]
    [InlineData("--count is '' " + Count, "--count", "")]
    [InlineData("'--prot' is not an option of the server; run with --help to see the options.", "--prot", "6000")]
    [InlineData("'6000' is not an option of the server; run with --help to see the options.", "6000")]
    [InlineData("'@file' is not an option of the server; run with --help to see the options.", "@file")]
    [InlineData("--join is 'elsewhere' " + Address, "--join", "elsewhere")]
    [InlineData("--join is ':6000' " + Address, "--join", ":6000")]
    [InlineData("--join is 'a:' " + Address, "--join", "a:")]
    [InlineData("--join is 'a:0' " + Address, "--join", "a:0")]
    [InlineData("--join is 'a:65536' " + Address, "--join", "a:65536")]
    [InlineData("--join is 'a:+1' " + Address, "--join", "a:+1")]
    [InlineData("--join is 'a b:1' " + Address, "--join", "a b:1")]
    [InlineData("--join is '' " + Address, "--join", "a:1,,b:2")]
    [InlineData("--join is '::1:6000' " + Address, "--join", "::1:6000")]
    [InlineData("--join is '[::1:6000' " + Address, "--join", "[::1:6000")]
    [InlineData("--join is '[10.0.0.1]:6000' " + Address, "--join", "[10.0.0.1]:6000")]
    [InlineData("--join is 'http://a:6000' " + Address, "--join", "http://a:6000")]
    [InlineData("--advertise is 'a' " + Address, "--advertise", "a")]
    [InlineData("--advertise is 'a:1,b:2' " + Address, "--advertise", "a:1,b:2")]
    [InlineData("--join 127.0.0.1:6000 " + Own, "--join", "a:1,127.0.0.1:6000")]
    [InlineData("--join localhost:6000 " + Own, "--join", "a:1", "--join", "LOCALHOST:6000")]
    [InlineData("--join 0.0.0.0:6000 " + Own, "--join", "0.0.0.0:6000")]
    [InlineData("--join [::1]:6000 " + Own, "--join", "[0:0:0:0:0:0:0:1]:6000", "--host", "::1")]
    [InlineData("--join [::ffff:127.0.0.1]:6000 " + Own, "--join", "[::ffff:127.0.0.1]:6000")]
    [InlineData("--join localhost:6000 " + Own, "--join", "localhost:6000", "--host", "0.0.0.0", "--advertise", "example.org:7000")]
    [InlineData("--join example.org:7000 " + Own, "--join", "Example.org:7000", "--host", "0.0.0.0", "--advertise", "example.org:7000")]
    [InlineData("--host is 'here' " + Host, "--host", "here")]
    [InlineData("--host is '192.0.2.1' " + Host, "--host", "192.0.2.1", "--insecure")]
    [InlineData("--host 192.0.2.1 is reached from other machines, but RESP and HTTP are without TLS (--tls-cert, --tls-key), and the gateway for .NET clients and servers is without mutual TLS (--peer-ca, --peer-cert, --peer-key); " + Remedy, "--host", "192.0.2.1")]
    [InlineData("--host 192.0.2.1 is reached from other machines, but RESP and HTTP are without TLS (--tls-cert, --tls-key); " + Remedy, "--host", "192.0.2.1", "--peer-ca", "x", "--peer-cert", "x", "--peer-key", "x")]
    [InlineData("--host 192.0.2.1 is reached from other machines, but the gateway for .NET clients and servers is without mutual TLS (--peer-ca, --peer-cert, --peer-key); " + Remedy, "--host", "192.0.2.1", "--tls-cert", "x", "--tls-key", "x")]
    [InlineData("--peer-ca needs --peer-cert beside it; give both, or leave them out for no TLS.", "--peer-ca", "x")]
    [InlineData("--durability is 'paper' but must be fsync (acknowledged when the disk has it), interval (synced every 100 ms, acknowledged before) or memory (nothing is kept).", "--durability", "paper")]
    [InlineData("--reserve is '-1' " + Reserve, "--reserve", "-1")]
    [InlineData("--reserve is '1.5GiB' " + Reserve, "--reserve", "1.5GiB")]
    [InlineData("--reserve is '9999999999GiB' " + Reserve, "--reserve", "9999999999GiB")]
    [InlineData("--reserve is '2000000GiB' " + Reserve, "--reserve", "2000000GiB")]
    [InlineData("--data is '' but must name a directory; give one, or --ephemeral to keep everything in memory.", "--data", "")]
    [InlineData("--ephemeral keeps nothing on disk, but --data names a directory for it; leave one of them out.", "--ephemeral", "--data", "x")]
    [InlineData("--ephemeral keeps nothing on disk, but --durability asks for a disk to have it; leave one of them out.", "--durability", "fsync", "--ephemeral")]
    [InlineData("--durability memory keeps nothing on disk, but --data names a directory for it; leave one of them out.", "--durability", "memory", "--data", "x")]
    [InlineData("--name 'a/b' cannot name a directory below data/; say with --data DIR where the data goes, or choose another name.", "--name", "a/b")]
    [InlineData("--name '..' cannot name a directory below data/; say with --data DIR where the data goes, or choose another name.", "--name", "..")]
    [InlineData("--host 0.0.0.0 listens on every address of this machine, so say which one peers and clients dial: add --advertise HOST:6000.", "--host", "0.0.0.0")]
    [InlineData("--advertise 0.0.0.0:6000 cannot be dialled from elsewhere; give an address or name under which peers and clients reach this machine.", "--advertise", "0.0.0.0:6000")]
    [InlineData("--name must be 1 to 64 characters on one line, and not only blanks; choose a short label.", "--name", "")]
    [InlineData("--name must be 1 to 64 characters on one line, and not only blanks; choose a short label.", "--name", "two\nlines")]
    public async Task A_line_that_makes_no_server_ends_with_one_sentence(string sentence, params string[] args) =>
        Assert.Equal((ServerCommand.Refused, "", sentence + Environment.NewLine), await Run(args));

    [Fact]
    public async Task A_taken_gateway_port_ends_with_one_sentence()
    {
        using var other = Listen(out var port);

        var (code, output, error) = await Run("--port", $"{port}", "--count", "1");

        Assert.Equal((ServerCommand.Refused, ""), (code, output));
        Assert.Equal($"Port {port} is in use by another program, perhaps another server; stop that program or choose another --port.{Environment.NewLine}", error);
    }

    [Fact]
    public async Task A_taken_RESP_port_ends_with_one_sentence()
    {
        using var other = Listen(out var port);

        var (code, output, error) = await Run("--port", $"{port - 1}", "--count", "1");

        Assert.Equal((ServerCommand.Refused, ""), (code, output));
        Assert.Contains("is in use by another program", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task A_taken_HTTP_port_ends_with_one_sentence()
    {
        using var other = Listen(out var port);

        var (code, output, error) = await Run("--port", $"{TestPorts.Next(1)}", "--count", "1", "--http", $"{port}");

        Assert.Equal((ServerCommand.Refused, ""), (code, output));
        Assert.Equal($"Port {port} is in use by another program, but --http asks for it; stop that program or choose another --http.{Environment.NewLine}", error);
    }

    [Theory]
    [InlineData("--help", "--advertise <HOST:PORT>")]
    [InlineData("--version", ".")]
    public async Task Help_and_version_end_well(string option, string part)
    {
        var (code, output, error) = await Run(option);

        Assert.Equal((0, ""), (code, error));
        Assert.Contains(part, output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_label_follows_the_port_unless_it_is_given()
    {
        Assert.Equal("server-7000", new ServerOptions { Port = 7000 }.Name);
        Assert.Equal("home", new ServerOptions { Port = 7000, Name = "home" }.Name);
    }

    [Fact]
    public void A_server_next_door_or_on_another_address_is_not_this_one()
    {
        var peers = new ServerAddress[] { new("127.0.0.1", 6010), new("localhost", 6001), new("127.0.0.2", 6000), new("10.0.0.1", 6000), new("other", 6000) };

        Assert.Null(new ServerOptions { QueryGrains = 1, Join = peers }.Refuse());
    }

    [Fact]
    public void The_command_to_join_listens_and_is_dialled_like_this_server()
    {
        var plain = new ServerOptions { Data = "here" };
        var addressed = new ServerOptions { Data = "here", Host = IPAddress.Parse("10.0.0.1") };
        var everywhere = new ServerOptions { Data = "here", Host = IPAddress.IPv6Any, Advertise = new("example.org", 7000) };
        var inMemory = new ServerOptions();
        var secured = new ServerOptions { Data = "here", Tls = new("c/a.pem", "c/it's.pem"), MutualTls = new("ca", "cert", "key") };
        var insecure = new ServerOptions { Data = "here", Host = IPAddress.Parse("10.0.0.1"), Insecure = true };

        Assert.Equal("dotnet run --project Silo -- --port 6010 --join 127.0.0.1:6000", ServerCommand.JoinCommand(plain, 6010));
        Assert.Equal("dotnet run --project Silo -- --port 6010 --host 10.0.0.1 --join 10.0.0.1:6000", ServerCommand.JoinCommand(addressed, 6010));
        Assert.Equal("dotnet run --project Silo -- --port 6010 --host :: --advertise example.org:6010 --join example.org:7000", ServerCommand.JoinCommand(everywhere, 6010));
        Assert.Equal("dotnet run --project Silo -- --port 6010 --ephemeral --join 127.0.0.1:6000", ServerCommand.JoinCommand(inMemory, 6010));
        Assert.Equal(@"dotnet run --project Silo -- --port 6010 --tls-cert c/a.pem --tls-key 'c/it'\''s.pem' --peer-ca ca --peer-cert cert --peer-key key --join 127.0.0.1:6000", ServerCommand.JoinCommand(secured, 6010));
        Assert.Equal("dotnet run --project Silo -- --port 6010 --host 10.0.0.1 --insecure --join 10.0.0.1:6000", ServerCommand.JoinCommand(insecure, 6010));
        Assert.Equal("dotnet run --project Silo -- --port 6010 --auth tokens --join 127.0.0.1:6000", ServerCommand.JoinCommand(plain with { Auth = GatewayAuth.Tokens }, 6010));
        Assert.Equal("dotnet run --project Silo -- --port 6010 --host 10.0.0.1 --auth none --insecure --join 10.0.0.1:6000", ServerCommand.JoinCommand(insecure with { Auth = GatewayAuth.None }, 6010));
    }

    [Fact]
    public void The_port_for_a_further_server_is_free_and_beyond_this_one()
    {
        using var other = Listen(out var taken);
        var options = new ServerOptions { Port = taken - 5, QueryGrains = 1 };

        var port = Ports.ForNext(options);

        Assert.NotInRange(taken, port, port + ServerOptions.DefaultQueryGrains);
        Assert.Null(Ports.Refuse(new() { Port = port }));
    }

    private static TcpListener Listen(out int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return listener;
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await new ServerCommand(output, error).Run(args);
        return (code, output.ToString(), error.ToString());
    }
}
