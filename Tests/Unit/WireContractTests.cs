using System.Reflection;
using Cmud.Grains.Interfaces;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>
/// What servers and clients of different builds must agree on, written down in OrleansContracts.txt. A change of the wire shows
/// there as a diff: read it as if another server still ran last month's build. Numbers and aliases are never given another meaning.
/// </summary>
public sealed class WireContractTests
{
    [Fact]
    public void The_wire_is_as_written_down()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "OrleansContracts.txt");
        var types = typeof(IQueryGrain).Assembly.GetTypes().Where(type => type.GetCustomAttribute<AliasAttribute>() is not null && type.Namespace == typeof(IQueryGrain).Namespace);

        var contract = string.Concat(types.OrderBy(type => Alias(type), StringComparer.Ordinal).Select(Describe));

        Assert.True(contract == File.ReadAllText(path), $"The wire changed. If that is wanted and old builds can live with it, OrleansContracts.txt must now read:\n{contract}");
    }

    private static string Describe(Type type)
    {
        var lines = type.IsInterface
            ? type.GetMethods().OrderBy(method => method.Name, StringComparer.Ordinal).Select(method =>
                $"  {Alias(method)}({string.Join(", ", method.GetParameters().Select(parameter => Name(parameter.ParameterType)))}) -> {Name(method.ReturnType)}")
            : type.GetProperties().Select(property => (Id: property.GetCustomAttribute<IdAttribute>()?.Id, property.Name, Type: Name(property.PropertyType)))
                .Where(member => member.Id is not null).OrderBy(member => member.Id).Select(member => $"  {member.Id} {member.Name}: {member.Type}");
        return $"{Alias(type)}\n{string.Concat(lines.Select(line => line + "\n"))}";
    }

    private static string Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias ?? member.Name;

    private static string Name(Type type) => type switch
    {
        { IsArray: true } => Name(type.GetElementType()!) + "[]",
        { IsGenericType: true } => $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ => Alias(type),
    };
}
