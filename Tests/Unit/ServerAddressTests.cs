using Cmud.Client;
using Cmud.Grains.Interfaces;
using Xunit;

namespace Cmud.Tests.Unit;

public class ServerAddressTests
{
    [Theory]
    [InlineData("localhost:6000", "localhost", 6000)]
    [InlineData("localhost", "localhost", 6000)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("store.example.org:65535", "store.example.org", 65535)]
    [InlineData("[::1]:7000", "::1", 7000)]
    public void An_address_is_read_as_it_is_written(string text, string host, int port)
    {
        var address = Assert.Single(ServerList.Parse(text));

        Assert.Equal(new(host, port), address);
        Assert.True(ServerAddress.TryParse(address.ToString(), out var again));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":6000")]
    [InlineData("host:")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("host:port")]
    [InlineData("http://host:1")]
    [InlineData("user@host:1")]
    [InlineData("host:1/path")]
    [InlineData("a b:1")]
    [InlineData("::1:6000:x")]
    public void What_is_no_address_is_refused(string text) => Assert.Throws<CmudException>(() => ServerList.Parse(text));

    [Fact]
    public void A_list_keeps_its_order_and_drops_repeats() =>
        Assert.Equal([new("b", 2), new("a", 1)], ServerList.Parse("b:2, a:1,b:2"));

    [Fact]
    public void A_list_with_a_part_that_is_no_address_names_it()
    {
        var refused = Assert.Throws<CmudException>(() => ServerList.Parse("a:1,,b:2"));

        Assert.Equal(CmudFailure.Refused, refused.Failure);
        Assert.StartsWith("'' is no address", refused.Message, StringComparison.Ordinal);
    }
}
